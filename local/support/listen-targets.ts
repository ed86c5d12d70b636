import type { ListenTarget } from './listen.ts'

/** The port of each listener; 0 means any free port. */
export interface PortNumbers {
  health: number
  sqs: number
  dynamodb: number
  simulator: number
  control: number
}
export const PORT_VARIABLES: Record<keyof PortNumbers, string> = {
  health: 'LIFESIGN_PORT',
  sqs: 'LIFESIGN_SQS_PORT',
  dynamodb: 'LIFESIGN_DYNAMODB_PORT',
  simulator: 'LIFESIGN_SIMULATOR_PORT',
  control: 'LIFESIGN_CONTROL_PORT',
}
const PLACE_NAMES: Record<keyof PortNumbers, string> = {
  health: 'health',
  sqs: 'SQS',
  dynamodb: 'DynamoDB',
  simulator: 'provider simulator',
  control: 'control',
}
export const listenTarget = (ports: PortNumbers, what: keyof PortNumbers): ListenTarget => ({
  what: PLACE_NAMES[what],
  port: ports[what],
  variable: PORT_VARIABLES[what],
})
export const DEFAULT_PORTS: PortNumbers = { health: 8080, sqs: 9324, dynamodb: 8000, simulator: 8081, control: 9325 }
