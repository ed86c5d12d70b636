import type { Mutant } from '../mutant.ts'

/** Defects in what the whole fleet shares: limits, places, breakers, keys, routes and the gate. */
export const ADMISSION_MUTANTS: readonly Mutant[] = [
  {
    name: 'spend limit not asked',
    harm: 'more is paid than the limit allows',
    patches: [
      {
        file: 'functions/core/admission/bounds.ts',
        find: 'if (!isLimited(limits)) return []',
        replace: 'if (isLimited(limits)) return []',
      },
    ],
  },
  {
    name: 'limit not asked',
    harm: 'workers that reserve at the same moment put more tasks in flight than the limit allows',
    patches: [
      {
        file: 'functions/core/admission/bounds.ts',
        find: 'most: { [counter]: Math.min(...most.slice(0, count)), ',
        replace: 'most: { ',
      },
    ],
  },
  {
    name: 'place given back at one provider only',
    harm: 'the whole fleet counts tasks that no provider has, until nothing may be bought',
    patches: [
      {
        file: 'functions/core/admission/plan-report.ts',
        find: 'return { [IN_FLIGHT]: -freed.length, ...Object.fromEntries(at) }',
        replace: 'return { ...Object.fromEntries(at) }',
      },
    ],
  },
  {
    name: 'open breaker not asked',
    harm: 'a provider that is down gets every submit of the fleet',
    patches: [
      {
        file: 'functions/core/admission/plan-reservation.ts',
        find: "if (breaker.state === 'open' && breaker.until > now)",
        replace: "if (breaker.state === 'open' && breaker.until > now + 86_400_000)",
      },
    ],
  },
  {
    name: 'probe without a lease',
    harm: 'every worker probes a provider at the same time that may still be down',
    patches: [
      {
        file: 'functions/core/admission/plan-reservation.ts',
        find: 'if (breaker === null) return []',
        replace: "if (breaker === null || provider.breaker.state === 'half_open') return []",
      },
    ],
  },
  {
    name: 'submits again before the provider allows it',
    harm: 'a provider that limits our rate blocks us',
    patches: [
      {
        file: 'functions/core/admission/observe.ts',
        find: '(answer.retryAfterSeconds ?? seconds) * 1000',
        replace: '1000',
      },
    ],
  },
]
