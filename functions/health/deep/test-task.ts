import type { Task } from '../../core/task/task.ts'

/** A picture of the digits 83517, 148 × 44 pixels, PNG. */
const PICTURE =
  'iVBORw0KGgoAAAANSUhEUgAAAJQAAAAsAQAAAACr3qxhAAAATUlEQVR42s2SsREAMAgC2cD9t3QDIh5dSi00Si7f4EXBLxKnWGcQVUldQxZ1' +
  '6lXCNlxigFQ1ZPoGyKF7ls6YPcySSyy2mGfk1ufs9j4/aNKvT8D8tJ4AAAAASUVORK5CYII='

/**
 * The task of a paid probe: a small picture to be read, which is the cheapest method at every provider that we know and
 * concerns no site and no person.
 */
export const testTask = (taskId: string): Task => ({
  taskId,
  method: 'base64',
  params: { body: PICTURE, numeric: 1 },
  priority: 'normal',
  deadlineSeconds: 60,
  reply: 'record',
})
