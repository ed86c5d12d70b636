import { taskKey } from '../../contract/table.ts'
import { type Fence, type TaskTransition, taskIdOf } from '../../core/task/lifecycle.ts'
import type { TaskItem } from '../../core/task/task.ts'
import type { ConditionalWrite } from './conditional.ts'
import { storableResult, storedTask } from './task-item.ts'

/**
 * The one write that applies `transition`, on the same condition under which `applyTransition` (core/task/lifecycle.ts)
 * allows it.
 */
export function taskWriteOf(transition: TaskTransition, milliseconds: number): ConditionalWrite {
  const now = { ':now': Math.floor(milliseconds / 1000) }
  switch (transition.kind) {
    case 'claim':
      return put(transition.item, transition.fence === null ? ABSENT : guardOf(transition.fence), now)
    case 'settleUnclaimed':
      return put(transition.item, ABSENT, now)
    default: {
      const { condition, values, set, remove } = changeOf(transition)
      const update = `SET ${set}${remove === undefined ? '' : ` REMOVE ${remove}`}`
      return { kind: 'update', key: taskKey(taskIdOf(transition)), update, condition, values: { ...now, ...values } }
    }
  }
}

interface Guard {
  condition: string
  values?: Record<string, unknown>
}
interface Change extends Guard {
  set: string
  remove?: string
}
type Of<K extends TaskTransition['kind']> = Extract<TaskTransition, { kind: K }>

const put = (item: TaskItem, { condition, values }: Guard, now: { ':now': number }): ConditionalWrite => ({
  kind: 'put',
  item: storedTask(item),
  condition,
  values: { ...now, ...values },
})

/** An item past its TTL counts as absent, although DynamoDB deletes it only days later. */
const ABSENT: Guard = { condition: 'attribute_not_exists(pk) OR #ttl <= :now' }
const PRESENT = '#ttl > :now'

/** The item is still at this attempt and in this state. If the fence has no state, any open state will do. */
function guardOf({ attempt, state }: Fence): Guard {
  const condition = `${PRESENT} AND #attempt = :attempt AND #state`
  if (state !== null) return { condition: `${condition} = :state`, values: { ':attempt': attempt, ':state': state } }
  const open = { ':claimed': 'claimed', ':unknown': 'unknown', ':submitted': 'submitted' }
  return { condition: `${condition} IN (${Object.keys(open).join(', ')})`, values: { ':attempt': attempt, ...open } }
}

function changeOf(transition: Exclude<TaskTransition, Of<'claim' | 'settleUnclaimed'>>): Change {
  switch (transition.kind) {
    case 'submitted':
      return submitted(transition)
    case 'release':
      return release(transition)
    case 'lose':
      return lose(transition)
    case 'resubmit':
      return resubmit(transition)
    case 'settle':
      return settle(transition)
    case 'transferAccounting':
      return transferAccounting(transition)
  }
}

function submitted({ attempt, provider, captchaId, submittedAt }: Of<'submitted'>): Change {
  const { condition, values } = guardOf({ attempt, state: 'claimed' })
  const facts = { ':provider': provider, ':captchaId': captchaId, ':submittedAt': submittedAt }
  return {
    condition,
    set:
      '#state = :submitted, #charges = #charges + :one, ' +
      '#provider = :provider, #captchaId = :captchaId, #submittedAt = :submittedAt',
    remove: '#leaseUntil',
    values: { ...values, ...facts, ':submitted': 'submitted', ':one': 1 },
  }
}

function release({ attempt, after }: Of<'release'>): Change {
  const { condition, values } = guardOf({ attempt, state: 'claimed' })
  const released = { condition: `${condition} AND #leaseUntil <> :free`, values: { ...values, ':free': 0 } }
  if (after === 'refusal') return { ...released, set: '#leaseUntil = :free' }
  return {
    ...released,
    set: '#leaseUntil = :free, #httpErrors = if_not_exists(#httpErrors, :free) + :one',
    values: { ...released.values, ':one': 1 },
  }
}

function lose({ attempt, provider }: Of<'lose'>): Change {
  const { condition, values } = guardOf({ attempt, state: 'claimed' })
  return {
    condition,
    set:
      '#state = :unknown, #charges = #charges + :one, #uncertainCharges = #uncertainCharges + :one, ' +
      '#lost = list_append(#lost, :lost)',
    remove: '#leaseUntil, #provider',
    values: { ...values, ':unknown': 'unknown', ':one': 1, ':lost': [{ attempt, provider }] },
  }
}

function resubmit({ attempt, why }: Of<'resubmit'>): Change {
  const { condition, values } = guardOf({ attempt, state: 'submitted' })
  const counter = why === 'unsolvable' ? '#unsolvable' : '#lostIdResubmits'
  return {
    condition,
    set: `#state = :claimed, #leaseUntil = :free, ${counter} = ${counter} + :one`,
    remove: '#provider, #captchaId, #submittedAt',
    values: { ...values, ':claimed': 'claimed', ':free': 0, ':one': 1 },
  }
}

function settle({ fence, by, result: given, settledAt, accounting }: Of<'settle'>): Change {
  const { condition, values } = guardOf(fence)
  const { result, solutionIsJson } = storableResult(given)
  const encoded = solutionIsJson === undefined ? '' : ', #solutionIsJson = :solutionIsJson'
  const facts = {
    ':settledAt': settledAt,
    ':settledBy': by,
    ':accounting': accounting,
    ':solutionIsJson': solutionIsJson,
  }
  return {
    condition,
    set:
      '#state = :settled, #result = :result, ' +
      `#settledAt = :settledAt, #settledBy = :settledBy, #accounting = :accounting${encoded}`,
    remove: '#leaseUntil, #provider, #captchaId, #submittedAt',
    values: { ...values, ...facts, ':settled': given.status, ':result': result },
  }
}

const transferAccounting = ({ from, to }: Of<'transferAccounting'>): Change => ({
  condition: `${PRESENT} AND #accounting.#invocation = :from`,
  set: '#accounting = :to',
  values: { ':from': from, ':to': to },
})
