/**
 * Seeds that once broke an invariant, each with what was wrong. They run as named tests for ever. A seed stands for the
 * plan and the order of events that it had when it was found; the unit test beside each defect stands for the defect.
 */
export const REGRESSION_SEEDS: readonly { seed: number; tasks: number; found: string }[] = [
  { seed: 2, tasks: 50, found: 'two poll messages of one task in one batch settled it twice' },
  { seed: 3, tasks: 50, found: 'a result that could not be sent before the deadline was never sent' },
  { seed: 9, tasks: 50, found: 'a worker whose clock was wrong expired a task before it first read the table' },
  { seed: 13, tasks: 50, found: 'usableUntil reckoned with a poll that had not been answered' },
  { seed: 19, tasks: 50, found: 'a settlement whose answer was lost was in no outcome' },
  { seed: 26, tasks: 20, found: 'two messages of one task in one batch counted one settlement twice' },
  {
    seed: 118,
    tasks: 50,
    found: 'a callback settled a task whose poll message was never sent, and could not send the result',
  },
  { seed: 131, tasks: 200, found: 'a callback about a lost attempt could not tell, and the next attempt did not' },
  { seed: 164, tasks: 50, found: 'two workers took over the counting of one settlement, one after the other' },
  {
    seed: 171,
    tasks: 200,
    found: 'a callback died before it told, and the poll message that took its place was not sent',
  },
  { seed: 229, tasks: 50, found: 'usableUntil reckoned with a poll whose worker had died' },
  { seed: 337, tasks: 200, found: 'usableUntil reckoned with a receive that came to no poll' },
  {
    seed: 22102,
    tasks: 100,
    found: 'a second callback took over the counting from the first and could not tell either',
  },
  {
    seed: 20705,
    tasks: 100,
    found: 'a poll message took a callback at its word that then could neither tell nor count',
  },
  {
    seed: 20955,
    tasks: 100,
    found: 'copies of one poll message came back from every batch until the queue gave them up',
  },
  { seed: 23324, tasks: 100, found: 'a callback left what it could not tell, did not hear so, and counted it too' },
  {
    seed: 10014,
    tasks: 40,
    found: 'a stored solution that a callback could not tell was not told by the next attempt either',
  },
  { seed: 271, tasks: 50, found: 'an outcome was written so late that another invocation had counted in its place' },
  {
    seed: 225,
    tasks: 200,
    found:
      'a wait for funds that a sweep ended took the wait with it that the provider had asked for because of the rate',
  },
]
