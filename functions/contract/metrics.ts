export const METRICS = {
  namespace: 'Lifesign',
  dimension: 'Fleet',
} as const
