import { describe, expect, it } from 'vitest'
import type { TaskStore } from '../../functions/core/ports.ts'
import { readPingbackPath } from '../../functions/core/task/pingback-address.ts'
import { recaptcha, type SmallFleetOptions, smallFleet } from '../small-fleet.ts'

const settledLines = (fleet: ReturnType<typeof smallFleet>) =>
  fleet.lines.filter(({ message }) => message === 'settled')

/** A fleet that notes in which state the table had each task when its line was written. */
function notedFleet(options: SmallFleetOptions = {}) {
  const applied: string[] = []
  const fleet = smallFleet({
    ...options,
    tasks: (real) => ({
      ...real,
      async apply(event) {
        const answer = await real.apply(event)
        if (event.kind.startsWith('settle') && answer.kind === 'applied')
          applied.push(`written, ${settledLines(fleet).length} lines`)
        return answer
      },
    }),
  })
  return { fleet, applied }
}

describe('the line that tells how a task ended', () => {
  it('collect: after the write, once, with how, by whom and after how long, and never the solution', async () => {
    const { fleet, applied } = notedFleet()
    const id = fleet.send(recaptcha())
    await fleet.submit()
    await fleet.clock.advance(15_000)
    await fleet.collect({ keep: true })
    await fleet.drain()
    expect(applied).toEqual(['written, 0 lines'])
    expect(settledLines(fleet)).toEqual([
      {
        level: 'info',
        message: 'settled',
        fields: { taskId: id, status: 'solved', provider: 'captchaai', seconds: 15 },
      },
    ])
    expect(JSON.stringify(fleet.lines)).not.toContain('solution of')
  })

  it('submit: a task that its provider refuses, and one whose deadline passes while it waits', async () => {
    const failure = { class: 'task', code: 'ERROR_PAGEURL', message: 'no such page' } as const
    const { fleet, applied } = notedFleet({ script: { submit: () => ({ kind: 'refused', failure }) } })
    fleet.send(recaptcha({ taskId: 'refused' }))
    fleet.queues.tasks.send({
      body: JSON.stringify(recaptcha({ taskId: 'late', deadlineSeconds: 10 })),
      delaySeconds: 11,
    })
    await fleet.drain()
    expect(settledLines(fleet).map(({ fields }) => fields)).toMatchObject([
      { taskId: 'refused', status: 'failed', code: 'ERROR_PAGEURL', class: 'task', provider: 'captchaai' },
      { taskId: 'late', status: 'expired', code: 'DEADLINE_EXCEEDED', class: 'deadline' },
    ])
    expect(applied).toHaveLength(2)
  })

  it('pingback: once, although the poll message meets the settled task later', async () => {
    const { fleet, applied } = notedFleet({
      pingback: true,
      script: { submit: () => ({ kind: 'accept', afterSeconds: 5 }) },
    })
    const id = fleet.send(recaptcha())
    await fleet.submit()
    const [charge] = fleet.provider.ledger
    await fleet.clock.advance(6000)
    await fleet.pingback(
      readPingbackPath(new URL(charge?.pingbackUrl ?? '').pathname),
      charge?.captchaId ?? '',
      fleet.run(),
    )
    await fleet.drain()
    expect(applied).toEqual(['written, 0 lines'])
    expect(settledLines(fleet)).toMatchObject([{ fields: { taskId: id, status: 'solved', seconds: 6 } }])
  })

  it('once where the answer to the write was lost and it was made again', async () => {
    let lost = 0
    const losing = (real: TaskStore): TaskStore => ({
      ...real,
      async apply(event) {
        const answer = await real.apply(event)
        if (event.kind === 'settle' && ++lost <= 2) throw new Error('the answer was lost')
        return answer
      },
    })
    const fleet = smallFleet({ tasks: losing })
    fleet.send(recaptcha())
    await fleet.drain()
    expect(lost).toBe(3)
    expect(settledLines(fleet)).toHaveLength(1)
  })

  it('a poll that finds a task pending is logged at level debug only', async () => {
    const fleet = smallFleet({ script: { submit: () => ({ kind: 'accept', afterSeconds: 40 }) } })
    fleet.send(recaptcha())
    await fleet.drain()
    const pending = fleet.lines.filter(({ message }) => message === 'pending')
    expect(pending.length).toBeGreaterThan(3)
    expect(new Set(pending.map(({ level }) => level))).toEqual(new Set(['debug']))
    const shown = fleet.lines.filter(({ level }) => level !== 'debug').map(({ message }) => message)
    expect(shown).toEqual(['submitted', 'settled'])
  })
})
