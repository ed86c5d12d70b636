import type { Mutant } from '../mutant.ts'

/** Defects in what the whole fleet shares: limits, places, breakers, keys, routes and the gate. */
export const ADMISSION_MUTANTS: readonly Mutant[] = [
  {
    name: 'spend limit not asked',
    harm: 'more is paid than the limit allows',
    patches: [
      {
        file: 'functions/core/admission/places/bounds.ts',
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
        file: 'functions/core/admission/places/bounds.ts',
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
        file: 'functions/core/admission/steps/plan-report.ts',
        find: 'return { [IN_FLIGHT]: -freed.length, ...Object.fromEntries(at), ...countsEnded(ended) }',
        replace: 'return { ...Object.fromEntries(at), ...countsEnded(ended) }',
      },
    ],
  },
  {
    name: 'open breaker not asked',
    harm: 'a provider that is down gets every submit of the fleet',
    patches: [
      {
        file: 'functions/core/admission/steps/plan-reservation.ts',
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
        file: 'functions/core/admission/steps/plan-reservation.ts',
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
        file: 'functions/core/admission/steps/observe.ts',
        find: '(answer.retryAfterSeconds ?? seconds) * 1000',
        replace: '1000',
      },
    ],
  },
  {
    name: 'gate never shut',
    harm: 'a paused fleet, or one whose provider is down, keeps receiving tasks that it cannot buy',
    trouble: 'pause',
    patches: [
      {
        file: 'functions/sweep/keep-gate.ts',
        find: "const wanted = shut === null ? 'open' : 'shut'",
        replace: "const wanted = shut === null ? 'open' : 'open'",
      },
    ],
  },
  {
    name: 'gate never opened again',
    harm: 'after an outage or a pause no task is bought until somebody looks',
    patches: [
      {
        file: 'functions/sweep/keep-gate.ts',
        find: 'if (found === wanted ||',
        replace: "if (wanted === 'open' || found === wanted ||",
      },
    ],
  },
  {
    name: 'gate opened although a person has paused',
    harm: 'tasks of a paused fleet are received again and again, and age in parks',
    trouble: 'pause',
    patches: [
      {
        file: 'functions/core/admission/steps/gate.ts',
        find: "if (control.pause !== null) return 'paused'",
        replace: '',
      },
    ],
  },
  {
    name: 'sweep undoes a pause',
    harm: 'a fleet that a person has stopped spends money again',
    trouble: 'pause',
    patches: [
      {
        file: 'functions/core/admission/steps/after-sweep.ts',
        find: '    mode: found.mode,\n    providers',
        replace: '    mode: found.mode,\n    pause: null,\n    providers',
      },
    ],
  },
  {
    name: 'pause not asked',
    harm: 'a fleet that a person has stopped goes on buying until its event source is off',
    trouble: 'pause',
    patches: [
      {
        file: 'functions/core/admission/steps/plan-reservation.ts',
        find: 'if (pause !== null) return waitForResume',
        replace: '',
      },
    ],
  },
  {
    name: 'no dwell time',
    harm: 'a flaky provider and its backup take turns with every batch',
    trouble: 'flaky',
    patches: [
      {
        file: 'functions/core/admission/route/router.ts',
        find: 'now - route.since >= dwell.dwellSeconds * 1000 ||',
        replace: 'now >= route.since ||',
      },
    ],
  },
  {
    name: 'rate lock taken for an outage',
    harm: 'money is spent at the backup while the first provider only asks for a short wait',
    trouble: 'threads',
    patches: [
      {
        file: 'functions/core/admission/route/router.ts',
        find: "!(hold?.class === 'funds' && hold.until > now)",
        replace: '!(hold !== null && hold.until > now)',
      },
    ],
  },
  {
    name: 'full plan taken for an outage',
    harm: 'money is spent at the backup while the first provider works',
    trouble: 'threads',
    patches: [
      {
        file: 'functions/core/admission/breaker/weight.ts',
        find: "capacity: 'success'",
        replace: "capacity: 'failure'",
      },
    ],
  },
  {
    name: 'refusal of a key not told to the fleet',
    harm: 'a wrong key is sent by every worker, and the provider bans our address',
    trouble: 'key',
    patches: [
      {
        file: 'functions/core/admission/route/key-rules.ts',
        find: 'return { good, refused: { fingerprint, at, code }, lease }',
        replace: 'return { good, refused: at > 0 ? key.refused : { fingerprint, at, code }, lease }',
      },
    ],
  },
  {
    name: 'refused key tried again at once',
    harm: 'a refused key is sent without end, and the provider bans our address',
    trouble: 'key',
    patches: [
      {
        file: 'functions/core/admission/route/key-rules.ts',
        find: 'const isDue = retrySeconds !== null && now - refused.at >= retrySeconds * 1000',
        replace: 'const isDue = now >= refused.at',
      },
    ],
  },
  {
    name: 'callbacks change nothing about polls',
    harm: 'every task is polled as often as without callbacks, although they tell of it',
    patches: [
      {
        file: 'functions/core/admission/waits/poll-waits.ts',
        find: 'const least = callbacks ? FALLBACK :',
        replace: 'const least = callbacks ? { first: 0, interval: 0 } :',
      },
    ],
  },
  {
    name: 'queue count trusted by the drift repair',
    harm: 'places are given back that tasks in flight have, because the count of the poll queue is old',
    patches: [
      {
        file: 'functions/core/admission/places/drift.ts',
        find: 'Math.max(sample.polls, now.accepted - sample.settled)',
        replace: 'Math.min(sample.polls, now.accepted - sample.settled)',
      },
    ],
  },
]
