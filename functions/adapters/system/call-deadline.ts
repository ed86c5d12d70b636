/** Most time that one call may take with all its tries: a paid call's record is given up after that (row 8 of docs/behaviour.md). */
const CALL_BUDGET_MS = 3000

/** Ends a call, and the body of its answer, when the time is over. */
export const callDeadline = (milliseconds = CALL_BUDGET_MS) => ({ abortSignal: AbortSignal.timeout(milliseconds) })
