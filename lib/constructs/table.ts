import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb'
import { RemovalPolicy } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { PARTITIONS, TABLE } from '../../functions/contract.ts'
import type { WorkerFunction } from './worker-function.ts'

/** The one table: tasks, outcomes, the readiness record (DESIGN 3.3). */
export class FleetTable extends Construct {
  readonly table: Table

  constructor(scope: Construct, id: string, props: { physicalNames: boolean; keepData: boolean }) {
    super(scope, id)
    this.table = new Table(this, 'Table', {
      ...(props.physicalNames ? { tableName: 'lifesign' } : {}),
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
  letClaim(worker: WorkerFunction): void {
    this.let(worker, 'tasks', 'PutItem')
  }

  /** Move tasks that are there through their lifecycle, and write outcomes. */
  letSettle(worker: WorkerFunction): void {
    this.let(worker, 'tasks', 'GetItem', 'UpdateItem')
    this.let(worker, 'outcomes', 'PutItem', 'Query')
  }

  /** Count what is spent: one item per day, touched only where a limit is set. */
  letReserveSpend(worker: WorkerFunction): void {
    this.let(worker, 'fleet', 'GetItem', 'UpdateItem')
  }

  /** Fold outcomes into the readiness record. */
  letJudge(worker: WorkerFunction): void {
    this.let(worker, 'outcomes', 'Query')
    this.let(worker, 'fleet', 'GetItem', 'PutItem')
  }

  /** Read the readiness record and nothing that needs a search. */
  letReadRecord(worker: WorkerFunction): void {
    this.let(worker, 'fleet', 'GetItem')
  }

  /**
   * Items are allowed by their partition key, so that a function that faces the internet cannot read a solution. Where
   * a request has no key at all, `ForAllValues` is true: no call without a key (a scan, a statement of PartiQL) may ever
   * be in such a list.
   */
  private let(worker: WorkerFunction, items: keyof typeof PARTITIONS, ...calls: KeyedCall[]): void {
    worker.tell('tableName', this.table.tableName)
    worker.allow({
      actions: calls.map((call) => `dynamodb:${call}`),
      resources: [this.table.tableArn],
      conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [PARTITIONS[items]] } },
    })
  }
}

/** Calls that name the partition key of everything they touch. */
type KeyedCall = 'GetItem' | 'PutItem' | 'UpdateItem' | 'Query'
