import { hexDigits, logNormal, type Random, within } from '../support/random.ts'
import type { ProviderBehaviour } from './behaviour.ts'

/**
 * How the people behind the provider do, per method: seconds and share solved. Synthetic; they fit the service levels
 * that providers publish.
 */
interface Skill {
  medianSeconds: number
  sigma: number
  /** No client waits longer for an answer of this method. */
  giveUpSeconds: number
  solveRate: number
}

const image: Skill = { medianSeconds: 2, sigma: 0.5, giveUpSeconds: 60, solveRate: 0.92 }
const v2: Skill = { medianSeconds: 20, sigma: 0.7, giveUpSeconds: 180, solveRate: 0.97 }
const v3: Skill = { medianSeconds: 6, sigma: 0.5, giveUpSeconds: 120, solveRate: 0.95 }
const geetest: Skill = { medianSeconds: 12, sigma: 0.6, giveUpSeconds: 180, solveRate: 0.95 }
const SKILLS: Record<string, Skill> = {
  base64: image,
  post: image,
  turnstile: { medianSeconds: 10, sigma: 0.6, giveUpSeconds: 120, solveRate: 0.97 },
  geetest,
  geetest_v4: geetest,
  bls: { medianSeconds: 8, sigma: 0.5, giveUpSeconds: 120, solveRate: 0.95 },
}

const skillOf = (params: Record<string, string>): Skill => {
  const method = params.method ?? ''
  if (method === 'userrecaptcha' && params.version === 'v3') return v3
  return (Object.hasOwn(SKILLS, method) ? SKILLS[method] : undefined) ?? v2
}

export type Answer = string | Record<string, string>

/** What will become of one captcha; decided when it is accepted. */
interface Fate {
  seconds: number
  solvable: boolean
  answer: Answer
}

export function decideFate(params: Record<string, string>, plan: ProviderBehaviour, random: Random): Fate {
  const skill = skillOf(params)
  const natural = Math.min(skill.giveUpSeconds, logNormal(random, skill.medianSeconds, skill.sigma)) / plan.speed
  const solvable = random.next() < (plan.solveRate ?? skill.solveRate)
  const answer = answerOf(params, plan, random)
  return { seconds: plan.solveSeconds === null ? natural : within(random, plan.solveSeconds), solvable, answer }
}

function answerOf(params: Record<string, string>, plan: ProviderBehaviour, random: Random): Answer {
  const kind = plan.answer ?? (params.method?.startsWith('geetest') ? 'object' : 'token')
  switch (kind) {
    case 'token':
      return `03SIM_${hexDigits(random, 48)}`
    case 'object':
      return geetestAnswer(params.method ?? '', random)
    case 'tricky':
      return `OK|ERROR_ZERO_BALANCE|<b>&"CAPCHA_NOT_READY" ${hexDigits(random, 24)} é|`
  }
}

function geetestAnswer(method: string, random: Random): Record<string, string> {
  if (method === 'geetest_v4')
    return {
      captcha_id: hexDigits(random, 32),
      lot_number: hexDigits(random, 32),
      pass_token: hexDigits(random, 64),
      captcha_output: hexDigits(random, 64),
    }
  const validate = hexDigits(random, 32)
  return { geetest_challenge: hexDigits(random, 34), geetest_validate: validate, geetest_seccode: `${validate}|jordan` }
}
