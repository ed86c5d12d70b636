import { type Random, seededRandom } from '../../support/random.ts'
import { type Conditions, conditionsOf, type ShownLimits } from '../fleet/aws.ts'
import { withTrouble } from '../model/draw-trouble.ts'
import { drawRefusedAt, drawScenario } from '../model/seed-scenario.ts'

/** What a seed draws of AWS, and which write the table refuses, has nothing to do with what it draws of faults. */
const AWS_SEEDS = 2 ** 40
const REFUSED_SEEDS = 2 ** 41
/** Nor has what it draws of troubles. */
const TROUBLE_SEEDS = 2 ** 42

/** What a seed draws before its run begins, and the generator that the run goes on with. */
export function drawRun(seed: number, tasks: number, aws: ShownLimits): { conditions: Conditions; random: Random } {
  const random = seededRandom(seed)
  const refusedAt = drawRefusedAt(seededRandom(seed + REFUSED_SEEDS))
  const drawn = conditionsOf({ ...drawScenario(random, tasks), refusedAt }, seededRandom(seed + AWS_SEEDS), aws)
  const scenario = withTrouble(drawn.scenario, seededRandom(seed + TROUBLE_SEEDS))
  return { conditions: { ...drawn, scenario }, random }
}
