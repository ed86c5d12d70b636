import type { SharedKeys } from '../../core/ports.ts'

/**
 * Uses nothing that the fleet knows about its keys, and reports nothing to the fleet: for a person's own try, and for
 * tests.
 */
export const UNSHARED_KEYS: SharedKeys = {
  refusalOf: async () => null,
  useOf: async () => ({ kind: 'unknown' }),
  reportAnswer: async () => {},
}
