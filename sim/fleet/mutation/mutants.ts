import type { Mutant } from './mutant.ts'
import { ADMISSION_MUTANTS } from './mutants/admission.ts'
import { COLLECT_MUTANTS } from './mutants/collect.ts'
import { OTHER_MUTANTS } from './mutants/others.ts'
import { SUBMIT_MUTANTS } from './mutants/submit.ts'
import { TASK_MUTANTS } from './mutants/task.ts'
import { WORKER_MUTANTS } from './mutants/worker.ts'

/** Within so many seeds each mutant must be found, and with so many tasks a seed. */
export const MUTANT_SEEDS = 2000
export const MUTANT_TASKS = 60

export const MUTANTS: readonly Mutant[] = [
  ...TASK_MUTANTS,
  ...SUBMIT_MUTANTS,
  ...COLLECT_MUTANTS,
  ...WORKER_MUTANTS,
  ...ADMISSION_MUTANTS,
  ...OTHER_MUTANTS,
]
