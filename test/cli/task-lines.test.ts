import { describe, expect, it } from 'vitest'
import { tasksFromLines } from '../../bin/commands/results/messages.ts'

const line = (fields: object) => JSON.stringify({ sitekey: 'k', pageurl: 'https://shop.example/', ...fields })

describe('a file of tasks', () => {
  it('is read line by line, in its order, with any line end, without blank lines and comments, each body as it was written', () => {
    const [a, b] = [line({ taskId: 'a' }), line({ taskId: 'b', deadlineSeconds: 60, reply: 'both' })]
    expect(tasksFromLines(`\r\n  # a comment\r\n  ${a}\r\n \n#${b}\n${b}`)).toEqual([
      { taskId: 'a', body: a, deadlineSeconds: 300, reply: 'queue' },
      { taskId: 'b', body: b, deadlineSeconds: 60, reply: 'both' },
    ])
  })

  it('gives each task without an id one of its own, first in its body, which is otherwise as it was', () => {
    const made = tasksFromLines([line({}), line({})].join('\n'))
    expect(new Set(made.map(({ taskId }) => taskId)).size).toBe(2)
    for (const { taskId, body } of made) expect(body).toBe(`{"taskId":"${taskId}",${line({}).slice(1)}`)
  })

  it('counts every line when it names the wrong ones, one a line', () => {
    const text = ['# x', line({ taskId: 'a' }), '', '{', line({ taskId: 'b' }), line({ taskId: 'a' })].join('\n')
    expect(() => tasksFromLines(text)).toThrow(/^line 4: [^\n]+\nline 6: the task id of line 2 again$/)
  })
})
