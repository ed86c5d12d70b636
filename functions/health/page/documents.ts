import type { HealthContext } from '../context.ts'
import type { Content } from '../rendering.ts'
import { badgeOf } from './badge.ts'
import { fullSource, reducedSource } from './page-source.ts'
import { statusJsonOf } from './status-json.ts'
import { STATUS_POLICY, statusPageOf } from './status-page.ts'

/** `isFull`: the reader may see everything. */
type Document = (seen: HealthContext, isFull: boolean) => Content | Promise<Content>

const sourceOf = (isFull: boolean) => (isFull ? fullSource : reducedSource)

/** What is rendered for people and for badges. The bundle of the function loads this file when it is asked for. */
export const DOCUMENTS = {
  async statusPage(seen, isFull) {
    const text = statusPageOf(sourceOf(isFull)(seen, await seen.history()))
    return { kind: 'document', contentType: 'text/html; charset=utf-8', text, headers: STATUS_POLICY }
  },
  statusJson(seen, isFull) {
    const text = JSON.stringify(statusJsonOf(sourceOf(isFull)(seen, null)))
    return { kind: 'document', contentType: 'application/json', text }
  },
  badge({ view }) {
    const headers = { 'Content-Security-Policy': "default-src 'none'" }
    return { kind: 'document', contentType: 'image/svg+xml; charset=utf-8', text: badgeOf(view.status), headers }
  },
} satisfies Record<string, Document>
