/**
 * Names, limits and settings that the infrastructure and the functions must agree on, written once.
 * Imports nothing, so that `lib`, `local`, `bin` and every function may import it.
 */

export const FUNCTIONS = ['submit', 'collect', 'pingback', 'sweep', 'health'] as const

export type FunctionName = (typeof FUNCTIONS)[number]
