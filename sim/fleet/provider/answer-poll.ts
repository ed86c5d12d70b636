import type { ProviderName } from '../../../functions/contract/providers.ts'
import type { ResultAnswer } from '../../../functions/core/provider/answers.ts'
import { failure, type ProviderWorld } from './provider-world.ts'

interface PollAsk {
  captchaId: string
  /** The worker that asks. */
  who: string
  provider: ProviderName
}

/** What a poll answers, by the fate of its charge and by what goes wrong now. */
export function answerPoll(world: ProviderWorld, { captchaId, who, provider }: PollAsk): ResultAnswer {
  const { virtualTime, faults, oracle, byId } = world
  const known = byId.get(captchaId)
  const entry = known?.provider === provider ? known : undefined
  if (world.isDown(provider) || faults.strikes('transient'))
    return { kind: 'failed', failure: failure('transient', 'HTTP_500') }
  if (faults.strikes('wrongBody')) return { kind: 'failed', failure: failure('transient', 'UNREADABLE') }
  if (faults.strikes('keyRefused')) return { kind: 'failed', failure: failure('auth', 'ERROR_KEY_DOES_NOT_EXIST') }
  if (faults.strikes('rate')) {
    return { kind: 'failed', failure: failure('rate', 'HTTP_429', { retryAfterSeconds: 20 }) }
  }
  if (entry === undefined || entry.fate === 'lostId') {
    if (entry !== undefined) oracle.record({ kind: 'unsolved', charge: entry, why: 'lostId' })
    return { kind: 'failed', failure: failure('unsolvable', 'ERROR_WRONG_CAPTCHA_ID', { lostId: true }) }
  }
  if (entry.fate === 'never' || virtualTime.now() < entry.readyAt) {
    // A poll by pingback is not recorded in any poll message.
    if (who.startsWith('collect')) entry.pendingAt = virtualTime.now()
    return { kind: 'pending' }
  }
  switch (entry.fate) {
    case 'solved':
      return { kind: 'solved', solution: entry.solution }
    case 'unsolvable':
      oracle.record({ kind: 'unsolved', charge: entry, why: 'unsolvable' })
      return { kind: 'failed', failure: failure('unsolvable', 'ERROR_CAPTCHA_UNSOLVABLE') }
    case 'taskFault':
      return { kind: 'failed', failure: failure('task', 'ERROR_BAD_TOKEN_OR_PAGEURL') }
    case 'unknownCode':
      return { kind: 'failed', failure: failure('unknown', 'ERROR_NEVER_SEEN') }
  }
}
