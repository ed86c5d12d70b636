import { SETTINGS } from '../functions/contract/settings.ts'
import { LOCAL_STAGE } from '../functions/contract/stack.ts'
import { type ConfigFile, configPath, LIKE } from './config-file.ts'
import { type FleetOptions, isOurs, isSetting, OPTION_NAMES, parseFleet, type Raw } from './settings.ts'
import { CLOUD_STAGES } from './stages.ts'

interface Sources {
  /** The whole context that the CDK command line passes: `-c`, cdk.json, cdk.context.json and ~/.cdk.json in one. */
  context: Raw
  /** Names in those three files. An unknown name among them belongs to another program. */
  foreign: ReadonlySet<string>
  /** Reads `config/<stage>.json`. */
  readConfig(stage: string): ConfigFile
}

export type Configured = { options: FleetOptions; warnings: string[] } | { problems: string[] }

/**
 * A stage of the cloud: the settings of its file, and for this one deploy the values of `-c name=value` in their place.
 */
export function configureStage({ context, foreign, readConfig }: Sources): Configured {
  const known = (name: string) => isSetting(name) || OPTION_NAMES.some((option) => option === name)
  const given = Object.entries(context).filter(([name]) => isOurs(name) && (known(name) || !foreign.has(name)))
  const { stage = 'dev', ...overrides } = Object.fromEntries(given)
  const named = typeof stage === 'string' && STAGE_NAME.test(stage) && stage !== LOCAL_STAGE
  // Overrides are checked alone first, so that their problems are not attributed to the file. Then both are checked
  // together.
  const alone = problemsIn(parseFleet(overrides, { stage: 'dev', like: 'dev' }))
  if (!named) return { problems: [`stage must be ${STAGE_RULE}`, ...alone] }

  const file = readConfig(stage)
  const like = likeOf(stage, file)
  const problems = [
    ...('problem' in like ? [like.problem] : []),
    ...(file.kind === 'wrong' ? file.problems : []),
    ...alone,
  ]
  if (problems.length > 0 || 'problem' in like) return { problems }
  const values = file.kind === 'read' ? file.values : {}
  const parsed = parseFleet({ ...values, ...overrides }, { stage, like: like.like })
  if ('problems' in parsed) return { problems: parsed.problems.map((problem) => `${configPath(stage)}: ${problem}`) }
  return { options: parsed.options, warnings: [...absence(stage, file), ...warningsOn(stage, values, overrides)] }
}

const STAGE_NAME = /^[a-z][a-z0-9-]{0,31}$/
const STAGE_RULE = `1 to 32 lower-case letters, digits and dashes, a letter first, and not ${LOCAL_STAGE}`

const problemsIn = (parsed: ReturnType<typeof parseFleet>): string[] => ('problems' in parsed ? parsed.problems : [])

function likeOf(stage: string, file: ConfigFile): { like: 'dev' | 'prod' } | { problem: string } {
  const own = CLOUD_STAGES.find((name) => name === stage)
  const said = file.kind === 'read' ? file.like : undefined
  const like = CLOUD_STAGES.find((name) => name === (said ?? own))
  if (file.kind === 'wrong') return { like: like ?? 'dev' }
  if (file.kind === 'absent' && own === undefined)
    return {
      problem: `there is no ${configPath(stage)}: a stage of your own needs one that says "like": "dev" or "prod"`,
    }
  if (like === undefined) return { problem: `${configPath(stage)}: like ${LIKE}` }
  if (own !== undefined && like !== own)
    return { problem: `${configPath(stage)}: like is for stages of your own; ${stage} is like itself` }
  return { like }
}

const absence = (stage: string, file: ConfigFile): string[] =>
  file.kind === 'absent' ? [`there is no ${configPath(stage)}: every setting has its default`] : []

/** A warning for each override: the next deploy without it takes the value back. */
const warningsOn = (stage: string, values: Raw, overrides: Raw): string[] =>
  Object.entries(overrides).flatMap(([name, value]) => {
    const filed = values[name]
    if (filed !== undefined && `${filed}` === `${value}`) return []
    const byDefault = isSetting(name) ? SETTINGS[name].default : null
    const says = filed === undefined ? `does not name it (${byDefault ?? 'unset'})` : `says ${filed}`
    return [`${name}=${value} comes from the command line and holds for this deploy only: ${configPath(stage)} ${says}`]
  })
