import { methodOf } from '../../core/provider/methods.ts'
import type { Task } from '../../core/task/task.ts'

/** The form of a submit, in the provider's parameter names. Our own fields replace task parameters of the same name. */
export function submitForm(task: Task, key: string, pingbackUrl?: string): URLSearchParams {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(task.params)) form.set(name, spelled(value))
  const own: Record<string, string | undefined> = {
    [methodOf(task.method, task.params).sitekeyParam ?? 'sitekey']: task.sitekey,
    pageurl: task.pageurl,
    proxy: task.proxy,
    proxytype: task.proxytype,
    pingback: pingbackUrl,
    method: task.method,
    json: '1',
    key,
  }
  for (const [name, value] of Object.entries(own)) if (value !== undefined) form.set(name, value)
  return form
}

const spelled = (value: string | number | boolean): string =>
  typeof value === 'boolean' ? (value ? '1' : '0') : String(value)
