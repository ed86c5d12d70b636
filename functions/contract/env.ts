export const ENV = {
  tableName: 'TABLE_NAME',
  taskQueueUrl: 'TASK_QUEUE_URL',
  pollQueueUrl: 'POLL_QUEUE_URL',
  resultQueueUrl: 'RESULT_QUEUE_URL',
  deadLetterQueueUrl: 'DEAD_LETTER_QUEUE_URL',
  apiKeySecretArn: 'API_KEY_SECRET_ARN',
  /** Base URL of the first provider; absent: the profile's own. */
  providerUrl: 'PROVIDER_URL',
  /** Base URL of the backup provider, of the profile that is not `provider`'s; absent: no backup. */
  backupProviderUrl: 'BACKUP_PROVIDER_URL',
  /** Public base URL of the pingback function, without a trailing slash; absent: pingback is off. */
  pingbackUrl: 'PINGBACK_URL',
  /** Bearer token of the health views, in the local stage only; absent: they are open there. */
  healthToken: 'HEALTH_TOKEN',
  fleet: 'FLEET',
  version: 'FLEET_VERSION',
  /** Time limit of this function, seconds; what leases are derived from. */
  timeoutSeconds: 'TIMEOUT_SECONDS',
  maxReceiveCount: 'MAX_RECEIVE_COUNT',
  /** UUID of the event source mapping that feeds the task queue to submit. */
  intakeMappingId: 'INTAKE_MAPPING_ID',
} as const
