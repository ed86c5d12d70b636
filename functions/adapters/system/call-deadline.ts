/**
 * The most time that one call may take with all its tries. After that, recording a charge is given up (row 8 of
 * docs/behaviour.md).
 */
const CALL_BUDGET_MS = 3000

/** Aborts a call, and the reading of its answer, when the time is over. */
export const callDeadline = (milliseconds = CALL_BUDGET_MS) => ({ abortSignal: AbortSignal.timeout(milliseconds) })
