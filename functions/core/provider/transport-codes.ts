/** What can go wrong between the fleet and a provider, before there is an answer with a status. */
const TRANSPORT_CODES = {
  DNS: 'its name could not be resolved',
  REFUSED: 'the connection was refused',
  UNREACHABLE: 'its address could not be reached',
  TLS: 'no secure connection could be made',
  CONNECT_TIMEOUT: 'no connection was made in time',
  NO_TIME: 'too little time was left for a request',
  TIMEOUT: 'no full answer came in time',
  RESET: 'the connection broke before an answer came',
  CUT: 'the answer was cut off',
  BODY_TOO_LARGE: 'the answer was too large',
  UNREADABLE: 'the answer could not be read',
} as const

export type TransportCode = keyof typeof TRANSPORT_CODES

/** One sentence about a call that got no answer. */
export const unansweredBecause = (provider: string, code: TransportCode): string =>
  `${provider} did not answer: ${TRANSPORT_CODES[code]}.`

export const isTransportCode = (code: string): code is TransportCode => Object.hasOwn(TRANSPORT_CODES, code)
