import type { IssueCode } from '../../contract/issues.ts'

/** What one issue or warning means to a person. */
interface IssueText {
  /**
   * The end of the sentence "Not ready since 03:12: …". `value` is the text after `=` in the issue; null: the reader
   * may not see it.
   */
  reason: (value: string | null) => string
  /** What it means for those who send tasks, and for the tasks themselves. */
  means: string
  /** The first thing to do. The section of the runbook has the rest. */
  next: string
}

const named = (value: string | null, otherwise: string): string => value ?? otherwise

/**
 * Every issue and warning in the words of the health page and of `lifesign status`. The order is that of causes before
 * consequences: of several issues the first one in this list is the reason that is told.
 */
export const ISSUE_TEXTS: Readonly<Record<IssueCode, IssueText>> = {
  record_unreadable: {
    reason: () => 'the readiness record cannot be read, so nobody knows whether tasks are being solved',
    means: 'The fleet may work or not. Do not rely on it until the state is known.',
    next: 'Look at the log of health, then at the table.',
  },
  stale_evidence: {
    reason: (value) =>
      `the last sweep is ${value === null ? 'too old' : `${value} old`}, so nobody knows whether tasks are being solved`,
    means: 'The fleet may work or not. Do not rely on it until the state is known.',
    next: 'Look at the log of the sweep function. If it has no new lines, look at its schedule.',
  },
  paused: {
    reason: () => 'a person has paused the intake',
    means: 'New tasks wait in the queue and are kept. Tasks in flight are still collected.',
    next: 'Ask the person who paused it, and resume the intake when the reason is gone.',
  },
  secret_unreadable: {
    reason: () => 'the secret with the API keys cannot be read',
    means: 'The last known keys serve for 15 minutes; then tasks wait, and none is lost.',
    next: 'Check that the secret exists, is a JSON object, and that the function may read it.',
  },
  api_key_refused: {
    reason: (value) => `${named(value, 'the provider')} refuses the API key`,
    means: 'Tasks wait and are kept. The fleet does not try a refused key again and again.',
    next: 'Set a valid key with `npx lifesign keys set`, and check that the plan has not ended.',
  },
  low_balance: {
    reason: (value) => (value === null ? 'the balance is low' : `the balance is down to ${value}`),
    means: 'Without money no task can be solved. Tasks that cannot be paid for wait and are kept.',
    next: 'Top up the account. Nothing has to be restarted.',
  },
  no_threads: {
    reason: (value) => `the plan at ${named(value, 'the provider')} has no threads`,
    means: 'No task can be solved there. Tasks wait and are kept.',
    next: "Renew the plan on the provider's own page.",
  },
  spend_limit: {
    reason: (value) => `the spend limit${value === null ? '' : ` of this ${value}`} is reached`,
    means: 'Tasks wait and are kept until the next period, or until the limit is raised.',
    next: 'Check who sends so many tasks. If the load is right, raise the limit and deploy.',
  },
  no_usable_provider: {
    reason: () => 'no provider can be used',
    means: 'No task is solved. Tasks wait and are kept, and the fleet comes back by itself.',
    next: 'Look at each provider below: its key, its money, and whether it can be reached.',
  },
  circuit_open: {
    reason: (value) => `calls to ${named(value, 'the provider')} keep failing, so they are stopped for a while`,
    means: 'No money is spent on a provider that is down. The fleet tries again by itself.',
    next: "Look at the provider's own status page. If this lasts, ask its support.",
  },
  stalled_for: {
    reason: (value) => `tasks wait, and no provider has accepted one${value === null ? '' : ` for ${value}`}`,
    means: 'New tasks will wait too, and expire at their deadlines without a charge.',
    next: 'Look at the log of submit: the class of the refusals names the cause.',
  },
  overdue: {
    reason: () => 'the provider accepts tasks and does not solve them',
    means: 'Tasks are paid for and come back too late or never.',
    next: "Look at the provider's own status page, and ask its support.",
  },
  error_rate: {
    reason: (value) => {
      const percent = value === null ? null : Math.round(100 * Number(value))
      return `${percent === null ? 'most' : `${percent} %`} of the tasks fail`
    },
    means: 'A new task will more likely fail than be solved.',
    next: 'Look at the log of collect: class and code of the failures name the cause.',
  },
  consecutive_failures: {
    reason: (value) => `${value === null ? 'many' : value} tasks in a row failed, and none was solved in between`,
    means: 'A new task will most likely fail. The first solve ends this.',
    next: 'Look at the log of collect: if all failures are of one site, that site has changed.',
  },
  no_solve_for: {
    reason: (value) => `no task was solved${value === null ? '' : ` in ${value}`} although there was work`,
    means: 'A new task will most likely not be solved. The first solve ends this.',
    next: 'See whether anything is in flight; the other reasons name the cause.',
  },
  queue_full: {
    reason: (value) =>
      value === null ? 'the queue is full' : `the queue is full: ${value} tasks wait, more than can be served in time`,
    means: 'Tasks are kept, but the newest will expire before their turn.',
    next: 'Ask the senders to slow down, or get more threads and raise `maxInFlight`.',
  },
  on_backup: {
    reason: (value) =>
      `the first provider cannot be used, and ${named(value, 'the backup')}${value === null ? '' : ', the backup,'} does the work`,
    means: "Tasks are solved, at the backup's price.",
    next: 'Nothing is urgent. See why the first provider cannot be used.',
  },
  unproven: {
    reason: () => 'the last tasks failed, and nobody has sent one since, so it is not known whether that is over',
    means: 'Send tasks. If the first of them fail, the fleet says so at once.',
    next: 'Send one task as a test, or wait for the next one.',
  },
  starting: {
    reason: () => 'the fleet has just started and has not seen a task yet',
    means: 'Send tasks: nothing speaks against it.',
    next: 'Nothing has to be done.',
  },
  balance_unknown: {
    reason: (value) => `the balance at ${named(value, 'a provider')} cannot be read`,
    means: 'Tasks are still solved. Nobody can tell how long the money lasts.',
    next: "Look at the provider's own page.",
  },
  provider_slow: {
    reason: (value) => `${named(value, 'a provider')} answers slowly`,
    means: 'Tasks are solved, perhaps later than usual.',
    next: "Nothing is urgent. Look at the provider's own status page if it lasts.",
  },
  client_errors: {
    reason: (value) => {
      const percent = value === null ? null : Math.round(100 * Number(value))
      return `${percent === null ? 'many' : `${percent} %`} of the messages that arrive are not valid tasks`
    },
    means: 'The fleet works. Whoever sends those messages gets a result that names the problem.',
    next: 'Tell the sender; the dead letters name the fields that are wrong.',
  },
}
