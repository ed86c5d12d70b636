import { describe, expect, it } from 'vitest'
import type { Task } from '../../functions/core/task/task.ts'
import { payloadText } from '../../functions/submit/payload-digest.ts'

const task: Task = {
  taskId: 't',
  method: 'userrecaptcha',
  sitekey: 'k',
  pageurl: 'https://a.example/',
  params: { action: 'login', version: 'v3' },
  proxy: '10.0.0.1:80',
  proxytype: 'HTTP',
  priority: 'normal',
  deadlineSeconds: 300,
  reply: 'queue',
}
const textOf = (changes: Partial<Task>) => payloadText({ ...task, ...changes })

describe('the payload of a task', () => {
  it.each<[string, Partial<Task>]>([
    ['another method', { method: 'hcaptcha' }],
    ['another sitekey', { sitekey: 'other' }],
    ['no sitekey', { sitekey: undefined }],
    ['another page', { pageurl: 'https://b.example/' }],
    ['no page', { pageurl: undefined }],
    ['another parameter', { params: { action: 'buy', version: 'v3' } }],
    ['one parameter less', { params: { action: 'login' } }],
    ['a parameter of another type', { params: { action: 'login', version: 3 } }],
    ['another proxy', { proxy: '10.0.0.2:80' }],
    ['no proxy', { proxy: undefined }],
    ['another kind of proxy', { proxytype: 'SOCKS5' }],
    ['no kind of proxy', { proxytype: undefined }],
  ])('is another one with %s', (_, changes) => {
    expect(textOf(changes)).not.toBe(payloadText(task))
  })

  it.each<[string, Partial<Task>]>([
    ['another task id', { taskId: 'other' }],
    ['another priority', { priority: 'critical' }],
    ['another deadline', { deadlineSeconds: 60 }],
    ['another reply', { reply: 'record' }],
    ['its parameters in another order', { params: { version: 'v3', action: 'login' } }],
  ])('is the same with %s', (_, changes) => {
    expect(textOf(changes)).toBe(payloadText(task))
  })

  it('orders parameters by their code units, on every machine alike', () => {
    expect(textOf({ params: { a: 1, B: 2, ä: 3, b: 4 } })).toContain('[["B",2],["a",1],["b",4],["ä",3]]')
  })
})
