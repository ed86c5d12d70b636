import type { SharedKeys } from '../../core/ports.ts'

/** Goes by nothing that the fleet knows of its keys, and reports nothing to it: for a person's own try, and for tests. */
export const UNSHARED_KEYS: SharedKeys = {
  refusalOf: async () => null,
  useOf: async () => ({ kind: 'unknown' }),
  reportAnswer: async () => {},
}
