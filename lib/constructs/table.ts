import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb'
import { RemovalPolicy } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { TABLE } from '../../functions/contract.ts'
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

  /** Move tasks through their lifecycle and write outcomes. */
  letSettle = (worker: WorkerFunction) => this.let(worker, 'GetItem', 'PutItem', 'UpdateItem', 'Query')

  /** Fold outcomes into the readiness record. */
  letJudge = (worker: WorkerFunction) => this.let(worker, 'GetItem', 'PutItem', 'Query')

  /** Read the readiness record and nothing that needs a search. */
  letReadRecord = (worker: WorkerFunction) => this.let(worker, 'GetItem')

  private let(worker: WorkerFunction, ...calls: string[]): void {
    worker.tell('tableName', this.table.tableName)
    worker.allow({ actions: calls.map((call) => `dynamodb:${call}`), resources: [this.table.tableArn] })
  }
}
