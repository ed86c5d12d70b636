/** Names that the stack gives and other programs read. */

/** The stage of `npm start`; no stack of the cloud has that name. */
export const LOCAL_STAGE = 'local'

/** Entry of the secret beside the providers' keys: the bearer token of the health views. */
export const HEALTH_TOKEN_ENTRY = 'healthToken'

/**
 * Poll messages and dead letters hold what a client sent, proxy passwords and cookies among it. They are received by
 * the functions and by principals with this tag, whose value is the stage (decision 0013).
 */
export const OPERATOR_TAG = 'lifesign-operator'
