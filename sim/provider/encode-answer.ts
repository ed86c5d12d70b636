import type { AccountReply } from './account.ts'
import type { ProviderBehaviour } from './behaviour.ts'

/** The provider's words as bytes: JSON for `json=1`, else the older text form. */
export function encodeAnswer(said: AccountReply, json: boolean, plan: ProviderBehaviour): string {
  switch (said.kind) {
    case 'id':
      // A number of twenty digits cannot be written by JSON.stringify.
      if (json && said.asNumber) return `{"status":1,"request":${said.id}}`
      return ok(said.id, json)
    case 'answer':
      return ok(said.answer, json)
    case 'reported':
      return ok('OK_REPORT_RECORDED', json)
    case 'balance':
      return json ? JSON.stringify({ status: 1, request: said.balance }) : said.balance
    case 'threads':
      return spellThreads(said, plan.threadsShape)
    case 'code':
      return json ? JSON.stringify({ status: 0, request: said.code, ...explained(said.code) }) : said.code
  }
}

const ok = (value: unknown, json: boolean): string =>
  json
    ? JSON.stringify({ status: 1, request: value })
    : `OK|${typeof value === 'string' ? value : JSON.stringify(value)}`

const explained = (code: string) => (code.includes('NOT_READY') ? {} : { error_text: `The provider says ${code}.` })

function spellThreads(said: { total: number; working: number }, shape: ProviderBehaviour['threadsShape']): string {
  const free = Math.max(0, said.total - said.working)
  const fields = { threads: said.total, working_threads: said.working, free_threads: free }
  switch (shape) {
    case 'top':
      return JSON.stringify({ status: 1, ...fields })
    case 'request':
      return JSON.stringify({ status: 1, request: fields })
    case 'strings':
      return JSON.stringify({
        status: 1,
        ...Object.fromEntries(Object.entries(fields).map(([name, n]) => [name, String(n)])),
      })
  }
}

export const HTML_PAGE =
  '<!doctype html><html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1><hr>nginx</body></html>'
const HUGE_BYTES = 10 * 1024 * 1024
/** 10 MB that begin like a good answer. */
export const hugeBody = (json: boolean): string =>
  json ? `{"status":1,"request":"${'8'.repeat(HUGE_BYTES)}"}` : `OK|${'8'.repeat(HUGE_BYTES)}`
