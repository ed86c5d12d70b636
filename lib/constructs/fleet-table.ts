import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb'
import { RemovalPolicy } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { LOCAL_TABLE } from '../../functions/contract/stack.ts'
import { PARTITIONS, TABLE } from '../../functions/contract/table.ts'
import type { FleetFunction } from './fleet-function.ts'

/** The one table: tasks, outcomes, the readiness record. */
export class FleetTable extends Construct {
  readonly table: Table

  constructor(scope: Construct, id: string, props: { physicalNames: boolean; keepData: boolean }) {
    super(scope, id)
    this.table = new Table(this, 'Table', {
      ...(props.physicalNames ? { tableName: LOCAL_TABLE } : {}),
      partitionKey: { name: TABLE.pk, type: AttributeType.STRING },
      sortKey: { name: TABLE.sk, type: AttributeType.STRING },
      timeToLiveAttribute: TABLE.ttl,
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: props.keepData,
      removalPolicy: props.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    })
  }

  /** Begin a task. */
  grantClaim(worker: FleetFunction): void {
    this.grant(worker, 'tasks', 'PutItem')
  }

  /** Move tasks that are there through their lifecycle, and write outcomes. */
  grantSettle(worker: FleetFunction): void {
    this.grant(worker, 'tasks', 'GetItem', 'UpdateItem')
    this.grant(worker, 'outcomes', 'PutItem', 'Query')
  }

  /** Count what is spent: one item per day, touched only where a limit is set. */
  letReserveSpend(worker: FleetFunction): void {
    this.grant(worker, 'fleet', 'GetItem', 'UpdateItem')
  }

  /** Fold outcomes into the readiness record. */
  grantSweep(worker: FleetFunction): void {
    this.grant(worker, 'outcomes', 'Query')
    this.grant(worker, 'fleet', 'GetItem', 'PutItem')
  }

  /** Read the readiness record and nothing that needs a search. */
  grantReadRecord(worker: FleetFunction): void {
    this.grant(worker, 'fleet', 'GetItem')
  }

  /**
   * Items are allowed by their partition key, so that a function that faces the internet cannot read a solution. Where
   * a request has no key at all, `ForAllValues` is true: no call without a key (a scan, a statement of PartiQL) may ever
   * be in such a list.
   */
  private grant(worker: FleetFunction, items: keyof typeof PARTITIONS, ...calls: KeyedCall[]): void {
    worker.setEnv('tableName', this.table.tableName)
    worker.addPermission({
      actions: calls.map((call) => `dynamodb:${call}`),
      resources: [this.table.tableArn],
      conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [PARTITIONS[items]] } },
    })
  }
}

/** Calls that name the partition key of everything they touch. */
type KeyedCall = 'GetItem' | 'PutItem' | 'UpdateItem' | 'Query'
