import { existsSync } from 'node:fs'
import { startSimulator } from '../../sim/provider/simulator.ts'
import type { ProfileName } from './provider-at.ts'

/** What may go wrong, in words that every provider under test can be told. */
export type Trouble =
  | { kind: 'http'; status: 429 | 500 | 502 }
  | { kind: 'hang' | 'reset' | 'garbage' | 'empty' | 'huge' | 'refuse' }
  | { kind: 'loseByReset' | 'loseByHang' }
  | { kind: 'slow'; ms: number }
  | { kind: 'code'; code: string }

export interface Wishes {
  solveSeconds?: number
  solveRate?: number
  threads?: number
  saturationCode?: string
  keyRefused?: boolean
  ids?: 'string' | 'number' | 'digits'
  answer?: 'token' | 'object' | 'tricky'
  notReadyCode?: string
  threadsShape?: 'top' | 'request' | 'strings'
  balance?: number | string
  resultLifeSeconds?: number
  trouble?: { on: 'any' | 'submit' | 'result' | 'account'; what: Trouble }
}

/** A provider with a ledger, whoever wrote it. */
interface Subject {
  url: string
  key: string
  set(wishes: Wishes): Promise<void>
  /** Charges, oldest first. */
  ledger(): { id: string; params: Record<string, string>; answer: unknown }[]
  requests(): { action: string; http: string; keyOk: boolean; keyInUrl: boolean }[]
  stop(): Promise<void>
}
export interface SubjectMaker {
  name: string
  /** Absent: this provider is not here, and why. */
  start?: (profile: ProfileName, wishes: Wishes) => Promise<Subject>
}

const defined = (fields: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

// ---------------------------------------------------------------- our simulator

const simulator: SubjectMaker = {
  name: 'our simulator',
  async start(profile, wishes) {
    const started = await startSimulator({ profile, plan: { submitMs: 1, resultMs: 1, ...planOf(wishes) } })
    return {
      ...started,
      set: (changed) => started.set(planOf(changed)),
      ledger: () => started.ledger(),
      requests: () => started.requests(),
    }
  },
}

function planOf({ keyRefused, trouble, ...same }: Wishes) {
  return {
    ...defined(same),
    ...(keyRefused !== undefined && { keyCode: keyRefused ? 'ERROR_KEY_DOES_NOT_EXIST' : null }),
    ...(trouble && { faults: [faultOf(trouble)] }),
  }
}

function faultOf({ on, what }: NonNullable<Wishes['trouble']>) {
  switch (what.kind) {
    case 'loseByReset':
      return { kind: 'lose', by: 'reset', on } as const
    case 'loseByHang':
      return { kind: 'lose', by: 'hang', on } as const
    case 'refuse':
      return { kind: 'refuse' } as const
    case 'http':
      return { kind: 'http', status: what.status, on, ...(what.status === 429 && { retryAfter: '2' }) } as const
    case 'hang':
    case 'reset':
    case 'garbage':
    case 'empty':
    case 'huge':
      return { kind: what.kind, on } as const
    case 'slow':
    case 'code':
      return { ...what, on }
  }
}

// ---------------------------------------------------------------- an independent provider that lies beside the checkout

const KIT = new URL('../../../shared/contract/provider.mjs', import.meta.url)

interface KitProvider {
  url: string
  key: string
  set(plan: object): Promise<void>
  ledger(): { id: string | number; params: Record<string, string>; answer: unknown }[]
  requests(): { action: string; http: string; keyOk: boolean; keyInUrl: boolean }[]
  stop(): Promise<void>
}

const independent: SubjectMaker = existsSync(KIT)
  ? {
      name: 'an independent provider',
      async start(profile, wishes) {
        const kit: { startProvider(options: object): Promise<KitProvider> } = await import(KIT.href)
        const started = await kit.startProvider({ profile, plan: { submitMs: 1, resultMs: 1, ...kitPlanOf(wishes) } })
        return {
          url: started.url,
          key: started.key,
          set: (changed) => started.set(kitPlanOf(changed)),
          ledger: () => started.ledger().map((charge) => ({ ...charge, id: String(charge.id) })),
          requests: () => started.requests(),
          stop: () => started.stop(),
        }
      },
    }
  : { name: 'an independent provider (left out: ../shared/contract is not here)' }

function kitPlanOf({ keyRefused, trouble, ids, answer, threadsShape, resultLifeSeconds, ...same }: Wishes) {
  return defined({
    ...same,
    keyValid: keyRefused === undefined ? undefined : !keyRefused,
    idKind: ids,
    answer: answer === 'object' ? 'geetest' : answer === 'token' ? 'string' : answer,
    threadsEnvelope: threadsShape,
    resultTtlSeconds: resultLifeSeconds,
    faults: trouble && [
      {
        on: { any: 'any', submit: 'submit', result: 'result', account: 'balance' }[trouble.on],
        ...kitFault(trouble.what),
      },
    ],
  })
}

function kitFault(what: Trouble) {
  switch (what.kind) {
    case 'http':
      return what.status === 429 ? { kind: 'http429', ms: 2000 } : { kind: what.status === 500 ? 'http500' : 'html502' }
    case 'loseByReset':
      return { kind: 'chargeThenReset' }
    case 'loseByHang':
      return { kind: 'chargeThenHang' }
    default:
      return what
  }
}

export const SUBJECTS: SubjectMaker[] = [simulator, independent]
