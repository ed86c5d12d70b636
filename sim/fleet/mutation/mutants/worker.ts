import type { Mutant } from '../mutant.ts'

/** Defects in the steps that submit, collect and pingback share. */
export const WORKER_MUTANTS: readonly Mutant[] = [
  {
    name: 'delete before send',
    harm: 'a message is deleted although what it stands for was never sent on',
    patches: [
      {
        file: 'functions/worker/handle-batch.ts',
        find: "!delivered || handled.disposition.kind !== 'ack'",
        replace: "handled.disposition.kind !== 'ack'",
      },
    ],
  },
  {
    name: 'lost last poll',
    harm: 'a task whose next poll would come after its deadline is never settled',
    patches: [
      {
        file: 'functions/worker/poll-task.ts',
        find: '      return { disposition: pollAgain(poll, answer, decision.inSeconds), events }',
        replace:
          "      if (at + decision.inSeconds * 1000 > poll.item.deadlineAt) return { disposition: { kind: 'ack', send: [] }, events }\n      return { disposition: pollAgain(poll, answer, decision.inSeconds), events }",
      },
    ],
  },
  {
    name: 'result sent though the settle was refused',
    harm: 'the client gets two different results',
    patches: [
      {
        file: 'functions/worker/settle.ts',
        find: "if (answer.kind === 'refused') return answer",
        replace: '',
      },
    ],
  },
  {
    name: 'a duplicate counts its settlement again',
    harm: 'totals and streak tell more than was settled',
    patches: [
      {
        file: 'functions/worker/accounting-owner.ts',
        find: 'if (accounting.invocation === by.id || (await isCounted(item))) return { taken: false }',
        replace: 'if (accounting.invocation === by.id) return { taken: false }',
      },
    ],
  },
  {
    name: 'unanswered settle given up at once',
    harm: 'a settlement is in no outcome',
    patches: [
      {
        file: 'functions/worker/retry.ts',
        find: 'return retryFor(clock, { ...RETRIES.settle, budgetMs }, write)',
        replace: 'return write()',
      },
    ],
  },
  {
    name: 'polls at the first provider',
    harm: 'a task that the backup has is never solved',
    patches: [
      {
        file: 'functions/worker/poll-task.ts',
        find: 'providers.find(({ name }) => name === poll.item.provider)',
        replace: 'providers[0]',
      },
    ],
  },
]
