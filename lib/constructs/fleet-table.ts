import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb'
import type { PolicyStatementProps } from 'aws-cdk-lib/aws-iam'
import { RemovalPolicy } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { LOCAL_TABLE } from '../../functions/contract/stack.ts'
import { DEEP_RUN_ATTRIBUTES, PARTITIONS, TABLE } from '../../functions/contract/table.ts'
import type { FleetFunction } from './fleet-function.ts'

/** The one table: tasks, outcomes, the readiness record, the admission item. */
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

  /** Allows claiming a task. */
  grantClaim(worker: FleetFunction): void {
    this.grant(worker, 'tasks', 'PutItem')
  }

  /** Allows moving existing tasks through their lifecycle, and writing outcomes. */
  grantSettle(worker: FleetFunction): void {
    this.grant(worker, 'tasks', 'GetItem', 'UpdateItem')
    this.grant(worker, 'outcomes', 'PutItem', 'Query')
  }

  /** Allows reserving and giving back in the admission item, and telling there what a provider answers. */
  grantAdmission(worker: FleetFunction): void {
    this.grant(worker, 'fleet', 'GetItem', 'UpdateItem')
  }

  /** Allows folding outcomes into the readiness record. */
  grantSweep(worker: FleetFunction): void {
    this.grant(worker, 'outcomes', 'Query')
    this.grant(worker, 'fleet', 'GetItem', 'PutItem', 'UpdateItem')
  }

  /** Allows reading the readiness record by its key, and nothing that needs a query. */
  grantReadRecord(worker: FleetFunction): void {
    this.grant(worker, 'fleet', 'GetItem')
  }

  /** Allows keeping deep runs, and changing nothing else in the fleet's own items. */
  grantKeepDeepRuns(worker: FleetFunction): void {
    worker.addPermission({
      actions: ['dynamodb:UpdateItem'],
      resources: [this.table.tableArn],
      conditions: {
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [PARTITIONS.fleet] },
        'ForAllValues:StringEquals': { 'dynamodb:Attributes': [TABLE.pk, TABLE.sk, ...DEEP_RUN_ATTRIBUTES] },
      },
    })
  }

  /** Allows reading the history beside the record: the page asks for the stored hours and days by their order. */
  grantReadHistory(worker: FleetFunction): void {
    this.grant(worker, 'fleet', 'Query')
  }

  /** A person's right to pause and resume the fleet. */
  get pausing(): PolicyStatementProps {
    return this.right('fleet', 'GetItem', 'UpdateItem')
  }

  private grant(worker: FleetFunction, items: keyof typeof PARTITIONS, ...calls: KeyedCall[]): void {
    worker.setEnv('tableName', this.table.tableName)
    worker.addPermission(this.right(items, ...calls))
  }

  /**
   * Items are allowed by their partition key, so that a function that the internet can call cannot read a solution.
   * `ForAllValues` is true for a request without any key, so a call without a key (a scan, a PartiQL statement) must
   * never be in such a list.
   */
  private right(items: keyof typeof PARTITIONS, ...calls: KeyedCall[]): PolicyStatementProps {
    return {
      actions: calls.map((call) => `dynamodb:${call}`),
      resources: [this.table.tableArn],
      conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [PARTITIONS[items]] } },
    }
  }
}

/** Calls that name the partition key of every item that they touch. */
type KeyedCall = 'GetItem' | 'PutItem' | 'UpdateItem' | 'Query'
