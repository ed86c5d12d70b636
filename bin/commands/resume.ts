import { systemClock } from '../../functions/adapters/system/clock.ts'
import { resumeChange } from '../../functions/core/admission/steps/pause.ts'
import { EXIT } from './cli/exit.ts'
import { type Command, describeOptions, HELP, type Options, parse, TARGET, TARGET_NOTE } from './cli/options.ts'
import { orUnreachable } from './fleet/or-unreachable.ts'
import { targetOf } from './fleet/target.ts'
import { admissionOf } from './pausing/admission-of.ts'
import { changePause } from './pausing/change-pause.ts'
import { toldPause } from './pausing/told-pause.ts'

const OPTIONS = { ...TARGET, ...HELP } as const satisfies Options

export const resume: Command = {
  name: 'resume',
  summary: "end a person's pause",
  help: `Usage: lifesign resume [options]

The next sweep opens the intake, where a provider can be used.

${describeOptions(OPTIONS)}

${TARGET_NOTE}
Exit codes: 0 resumed, or was not paused, 2 bad usage, 4 the table cannot be reached.`,
  async run(args, { env, terminal }) {
    const { values } = parse(args, OPTIONS, false)
    const target = targetOf(values, env)
    const before = await orUnreachable(target.name, async () =>
      changePause(await admissionOf(target), resumeChange, systemClock.sleep),
    )
    if (before === null) terminal.out(`${target.name} is not paused; nothing was changed`)
    else {
      terminal.out(`${target.name} is resumed; its next sweep opens the intake, where a provider can be used`)
      terminal.err(`it was paused ${toldPause(before)}`)
    }
    return EXIT.ok
  },
}
