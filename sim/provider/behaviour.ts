import * as z from 'zod'
import { faultSchema } from './fault-kinds.ts'
import { planFields } from './plan-fields.ts'

/** What the simulated provider is like and what goes wrong with it. */
const planSchema = z.strictObject({ ...planFields, faults: z.array(faultSchema) })
export type ProviderBehaviour = z.infer<typeof planSchema>
/** Absent fields keep what they were. */
export type PlanChange = Partial<z.input<typeof planSchema>>

export type SimulatedProfile = 'captchaai' | 'twocaptcha'

export const defaultPlan = (profile: SimulatedProfile): ProviderBehaviour => ({
  speed: 4,
  solveSeconds: null,
  solveRate: null,
  submitMs: [50, 300],
  resultMs: [10, 40],
  threads: null,
  saturationCode: profile === 'captchaai' ? 'ERROR_ZERO_BALANCE' : 'ERROR_NO_SLOT_AVAILABLE',
  balance: 25,
  price: profile === 'captchaai' ? 0 : 0.00299,
  keyCode: null,
  ids: profile === 'captchaai' ? 'string' : 'number',
  answer: null,
  notReadyCode: 'CAPCHA_NOT_READY',
  threadsShape: 'top',
  resultLifeSeconds: null,
  strict: true,
  limits: false,
  pingback: 'once',
  pingbackMethod: profile === 'captchaai' ? 'GET' : 'POST',
  pingbackLateMs: 5000,
  faults: [],
})

/** The plan with the change made, or every problem in one sentence. */
export function changePlan(
  plan: ProviderBehaviour,
  change: unknown,
): { plan: ProviderBehaviour } | { problem: string } {
  if (typeof change !== 'object' || change === null || Array.isArray(change)) return { problem: 'not a JSON object' }
  const parsed = planSchema.safeParse({ ...plan, ...change })
  if (parsed.success) return { plan: parsed.data }
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'plan'}: ${issue.message}`)
  return { problem: `${problems.join('; ')} (plan fields: ${Object.keys(planSchema.shape).join(', ')})` }
}

/** The balance when this much more is spent; a text stays what it is. */
export const afterSpending = (balance: ProviderBehaviour['balance'], price: number): ProviderBehaviour['balance'] =>
  typeof balance === 'number' ? Math.round((balance - price) * 1e6) / 1e6 : balance
