import { taskKey } from '../contract.ts'
import { type Fence, type TaskEvent, taskIdOf } from '../core/lifecycle.ts'
import type { TaskItem } from '../core/task.ts'
import type { ConditionalWrite } from './dynamo-conditional.ts'
import { storedResult, storedTask } from './dynamo-task-item.ts'

/** An item past its TTL is absent, although DynamoDB deletes it only days later. */
const ABSENT = 'attribute_not_exists(pk) OR #ttl <= :now'
const PRESENT = '#ttl > :now'
const CLAIMED_BY = `${PRESENT} AND #state = :claimed AND #attempt = :attempt`

/** The one write that makes `event`, under the very condition under which `next` (core/lifecycle.ts) allows it. */
export function writeOf(event: TaskEvent, milliseconds: number): ConditionalWrite {
  const now = { ':now': Math.floor(milliseconds / 1000) }
  const put = (item: TaskItem) => ({ kind: 'put', item: storedTask(item) }) as const
  const update = { kind: 'update', key: taskKey(taskIdOf(event)) } as const
  switch (event.kind) {
    case 'claim': {
      if (event.over === null) return { ...put(event.item), condition: ABSENT, values: now }
      const { condition, values } = holds(event.over)
      return { ...put(event.item), condition, values: { ...now, ...values } }
    }
    case 'settleUnclaimed':
      return { ...put(event.item), condition: ABSENT, values: now }
    case 'submitted':
      return {
        ...update,
        condition: CLAIMED_BY,
        update:
          'SET #state = :submitted, #charges = #charges + :one, #provider = :provider, #captchaId = :captchaId, ' +
          '#submittedAt = :submittedAt REMOVE #leaseUntil',
        values: {
          ...now,
          ':claimed': 'claimed',
          ':attempt': event.attempt,
          ':submitted': 'submitted',
          ':one': 1,
          ':provider': event.provider,
          ':captchaId': event.captchaId,
          ':submittedAt': event.submittedAt,
        },
      }
    case 'release':
      return {
        ...update,
        condition: `${CLAIMED_BY} AND #leaseUntil <> :free`,
        update: 'SET #leaseUntil = :free',
        values: { ...now, ':claimed': 'claimed', ':attempt': event.attempt, ':free': 0 },
      }
    case 'lose':
      return {
        ...update,
        condition: CLAIMED_BY,
        update:
          'SET #state = :unknown, #charges = #charges + :one, #unknowns = #unknowns + :one, ' +
          '#lost = list_append(#lost, :lost) REMOVE #leaseUntil',
        values: {
          ...now,
          ':claimed': 'claimed',
          ':attempt': event.attempt,
          ':unknown': 'unknown',
          ':one': 1,
          ':lost': [event.attempt],
        },
      }
    case 'resubmit': {
      const counter = event.why === 'unsolvable' ? '#unsolvable' : '#lostIds'
      return {
        ...update,
        condition: `${PRESENT} AND #state = :submitted AND #attempt = :attempt`,
        update:
          `SET #state = :claimed, #leaseUntil = :free, ${counter} = ${counter} + :one ` +
          'REMOVE #provider, #captchaId, #submittedAt',
        values: {
          ...now,
          ':claimed': 'claimed',
          ':submitted': 'submitted',
          ':attempt': event.attempt,
          ':free': 0,
          ':one': 1,
        },
      }
    }
    case 'settle': {
      const { condition, values } = holds(event.fence)
      const { result, solutionIsJson } = storedResult(event.result)
      return {
        ...update,
        condition,
        update:
          'SET #state = :settled, #result = :result, #settledAt = :settledAt, #settledBy = :settledBy, ' +
          '#settledIn = :settledIn' +
          (solutionIsJson === undefined ? '' : ', #solutionIsJson = :solutionIsJson') +
          ' REMOVE #leaseUntil, #provider, #captchaId, #submittedAt',
        values: {
          ...now,
          ...values,
          ':settled': result.status,
          ':result': result,
          ':settledAt': event.settledAt,
          ':settledBy': event.by,
          ':settledIn': event.settledIn,
          ':solutionIsJson': solutionIsJson,
        },
      }
    }
    case 'recount':
      return {
        ...update,
        condition: `${PRESENT} AND #settledIn = :from`,
        update: 'SET #settledIn = :to',
        values: { ...now, ':from': event.from, ':to': event.to },
      }
  }
}

/** The item is still at this attempt and in this state; without a state, in any open one. */
function holds({ attempt, state }: Fence): { condition: string; values: Record<string, string> } {
  const condition = `${PRESENT} AND #attempt = :attempt AND #state`
  return state === null
    ? {
        condition: `${condition} IN (:claimed, :unknown, :submitted)`,
        values: { ':attempt': attempt, ':claimed': 'claimed', ':unknown': 'unknown', ':submitted': 'submitted' },
      }
    : { condition: `${condition} = :state`, values: { ':attempt': attempt, ':state': state } }
}
