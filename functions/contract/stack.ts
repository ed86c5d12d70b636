/** Names that the stack gives and other programs read. */

/** The stage of `npm start`; no stack of the cloud has that name. */
export const LOCAL_STAGE = 'local'

export const stackName = (stage: string): string => `Lifesign-${stage}`

/** Outputs of the stack. */
export const OUTPUT = {
  taskQueueUrl: 'TaskQueueUrl',
  pollQueueUrl: 'PollQueueUrl',
  resultQueueUrl: 'ResultQueueUrl',
  deadLetterQueueUrl: 'DeadLetterQueueUrl',
  tableName: 'TableName',
  apiKeySecretArn: 'ApiKeySecretArn',
  healthUrl: 'HealthUrl',
  pingbackUrl: 'PingbackUrl',
  alarmTopicArn: 'AlarmTopicArn',
  producerPolicyArn: 'ProducerPolicyArn',
  consumerPolicyArn: 'ConsumerPolicyArn',
  operatorPolicyArn: 'OperatorPolicyArn',
} as const

/**
 * Names of the queues and of the table on one machine, where nothing else can have them. In the cloud AWS names them.
 */
export const LOCAL_QUEUES = {
  tasks: 'lifesign-tasks',
  polls: 'lifesign-polls',
  results: 'lifesign-results',
  deadLetters: 'lifesign-dead-letters',
} as const
export const LOCAL_TABLE = 'lifesign'

/** Entry of the secret beside the providers' keys: the bearer token of the health views. */
export const HEALTH_TOKEN_ENTRY = 'healthToken'

/**
 * Poll messages and dead letters hold what a client sent, proxy passwords and cookies among it. They are received by
 * the functions and by principals with this tag, whose value is the stage (decision 0013).
 */
export const OPERATOR_TAG = 'lifesign-operator'
