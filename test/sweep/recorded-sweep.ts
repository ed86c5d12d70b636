import type { Admission, AdmissionReading, Control } from '../../functions/core/admission/item/admission.ts'
import { initialAdmission, initialProvider } from '../../functions/core/admission/item/initial.ts'
import type { QueueName } from '../../functions/core/message/message.ts'
import type { OutcomeItem } from '../../functions/core/outcome/summary.ts'
import type { IntakeState } from '../../functions/core/ports.ts'
import type { BalanceAnswer, ThreadsAnswer } from '../../functions/core/provider/answers.ts'
import type { ReadinessRecord } from '../../functions/core/record/record.ts'
import { makeSweep, type SweepPorts, type SweepSettings } from '../../functions/sweep/sweep.ts'
import { START } from '../../sim/fleet/world.ts'
import { memoryAdmissionStore } from '../../sim/memory/admission-store.ts'
import { memoryOutcomeStore } from '../../sim/memory/outcome-store.ts'
import { memoryRecordStore } from '../../sim/memory/record-store.ts'
import { differences, makeAsText, secondsOf, withoutRepeats } from '../transcripts/as-text.ts'
import { sweepSettings } from './swept-fleet.ts'

/** What the n-th call of a port comes to; `lost`: it takes effect and is not answered. */
type Fate = 'ok' | 'fails' | 'lost'

interface Account {
  balance: () => BalanceAnswer
  threads?: () => ThreadsAnswer
}

export interface SweptScene {
  /** The record of the last sweep; null: there is none. */
  last?: ReadinessRecord | null
  admission?: AdmissionReading
  outcomes?: OutcomeItem[]
  /** Visible, hidden and delayed messages. */
  queues?: Partial<Record<QueueName, [number, number, number]>>
  /** In order of preference, with what their accounts answer. */
  accounts?: Record<string, Account>
  settings?: Partial<SweepSettings>
  intake?: IntakeState
  fates?: Partial<Record<string, Fate[]>>
  known?: SweepPorts['known']
  /** Called before the n-th write of the admission item: what workers did meanwhile. */
  meanwhile?: ((store: ReturnType<typeof memoryAdmissionStore>) => Promise<unknown>)[]
  /** Seconds of the story at which the sweep begins. */
  from?: number
}

/**
 * Every call of a port that one sweep makes, with its time, and every field that it changes. Each call takes a time of
 * its own, so that a value that is read too early or too late is seen.
 */
export async function recordedSweep(scene: SweptScene = {}): Promise<string> {
  const { last = null, accounts = { captchaai: GOOD }, queues = {}, fates = {}, meanwhile = [] } = scene
  const asText = makeAsText()
  const lines: string[] = []
  let time = START + (scene.from ?? 0) * 1000
  const tell = (text: string) => lines.push(`${secondsOf(time).padStart(9)}  ${text}`)
  const counts: Record<string, number> = {}
  const call = async <T>(name: string, takes: number, work: () => Promise<{ answer: T; told: string }>): Promise<T> => {
    const fate = fates[name]?.[counts[name] ?? 0] ?? 'ok'
    counts[name] = (counts[name] ?? 0) + 1
    const line = lines.push('') - 1
    const began = secondsOf(time).padStart(9)
    time += takes
    const { answer, told } = fate === 'fails' ? { answer: null, told: '' } : await work()
    lines[line] = `${began}  ${name} ${told}${fate === 'ok' ? '' : ` (${fate})`}`
    if (answer === null || fate === 'lost') throw new TypeError('down')
    return answer
  }
  const record = memoryRecordStore(last)
  const outcomes = memoryOutcomeStore()
  for (const item of scene.outcomes ?? []) await outcomes.write(item)
  const names = Object.keys(accounts)
  const admission = memoryAdmissionStore(scene.admission ?? { kind: 'admission', admission: initialAdmission(names) })
  const item = () => {
    const reading = admission.stored()
    return reading.kind === 'admission' ? reading.admission : undefined
  }
  const changing = <T extends { applied: boolean }>(name: string, write: () => Promise<T>) =>
    call(name, 29, async () => {
      const before: Admission | undefined = item()
      const answer = await write()
      return { answer, told: answer.applied ? differences(before, item(), asText) : 'does not fit' }
    })
  let writes = 0
  let intake = scene.intake ?? 'open'
  const ports: SweepPorts = {
    clock: {
      now: () => time,
      sleep: async (milliseconds) => {
        tell(`sleep ${milliseconds}`)
        time += milliseconds
      },
    },
    log: (level, message, fields = {}) => tell(`logs ${level}: ${message} ${asText(fields)}`),
    outcomes: {
      list: (shard, ...range) =>
        call('list', 3, async () => {
          const answer = await outcomes.list(shard, ...range)
          const found = answer.items.map(({ invocation }) => invocation).join(', ')
          return { answer, told: `${asText(range)} ${shard === 0 || found !== '' ? `shard ${shard}: ${found}` : ''}` }
        }),
    },
    depths: {
      read: (queue) =>
        call('depths', 5, async () => {
          const [visible, hidden, delayed] = queues[queue] ?? [0, 0, 0]
          return { answer: { visible, hidden, delayed }, told: `${queue} ${asText({ visible, hidden, delayed })}` }
        }),
    },
    admission: {
      read: () => call('admission.read', 7, async () => ({ answer: await admission.read(), told: '' })),
      create: (first) => changing('admission.create', () => admission.create(first)),
      write: async (change) => {
        await meanwhile[writes++]?.(admission)
        return changing('admission.write', () => admission.write(change))
      },
    },
    providers: Object.entries(accounts).map(([name, { balance, threads = () => ({ kind: 'none' }) as const }]) => ({
      ...{ name, billing: name === 'captchaai' ? 'threads' : 'balance' },
      balance: () => call(`${name}.balance`, 113, async () => ({ answer: balance(), told: asText(balance()) })),
      threads: () => call(`${name}.threads`, 61, async () => ({ answer: threads(), told: asText(threads()) })),
    })),
    record: {
      read: () => call('record.read', 11, async () => ({ answer: await record.read(), told: '' })),
      write: (next, previous) =>
        call('record.write', 37, async () => {
          const before = record.stored() ?? undefined
          const answer = await record.write(next, previous)
          return { answer, told: `over ${previous} ${answer ? differences(before, next, asText) : 'does not fit'}` }
        }),
    },
    history: { save: (bucket) => call('history.save', 13, async () => ({ answer: undefined, told: asText(bucket) })) },
    intake: {
      read: () => call('intake.read', 17, async () => ({ answer: intake, told: intake })),
      set: (open) =>
        call('intake.set', 19, async () => {
          intake = 'changing'
          return { answer: intake, told: String(open) }
        }),
    },
    metrics: {
      publish: (metrics) =>
        call('metrics', 23, async () => ({
          answer: undefined,
          told: metrics.map(({ name, ...rest }) => `${name} ${asText(rest)}`).join(', '),
        })),
    },
    ...(scene.known === undefined ? {} : { known: scene.known }),
  }
  const swept = makeSweep(ports, sweepSettings(scene.settings))
  const { kind } = await swept().catch((error: unknown) => ({ kind: String(error) }))
  tell(kind)
  return `${withoutRepeats(lines).join('\n')}\n`
}

const GOOD: Account = { balance: () => ({ kind: 'balance', value: 23.5, ms: 113 }) }

/** The admission item of two providers with this control and these counters. */
export function admissionOf(
  {
    providers = {},
    ...control
  }: Partial<Omit<Control, 'providers'>> & {
    providers?: Record<string, Partial<Control['providers'][string]>>
  },
  counts: Admission['counts'] = {},
): AdmissionReading {
  const first = initialAdmission(['captchaai', 'twocaptcha'])
  const all = Object.keys(first.control.providers).map((name) => [name, { ...initialProvider, ...providers[name] }])
  return {
    kind: 'admission',
    admission: { epoch: 71, counts, control: { ...first.control, ...control, providers: Object.fromEntries(all) } },
  }
}
