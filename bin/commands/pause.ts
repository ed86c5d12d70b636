import { systemClock } from '../../functions/adapters/system/clock.ts'
import { pauseChange } from '../../functions/core/admission/steps/pause.ts'
import { EXIT } from './cli/exit.ts'
import { type Command, describeOptions, HELP, type Options, parse, TARGET, TARGET_NOTE } from './cli/options.ts'
import { orUnreachable } from './fleet/or-unreachable.ts'
import { targetOf } from './fleet/target.ts'
import { admissionOf } from './pausing/admission-of.ts'
import { changePause } from './pausing/change-pause.ts'
import { reasonFrom } from './pausing/reason.ts'
import { toldPause } from './pausing/told-pause.ts'

const OPTIONS = {
  reason: { type: 'string', value: 'TEXT', help: 'why, for whoever looks at the health of the fleet; 120 characters' },
  ...TARGET,
  ...HELP,
} as const satisfies Options

export const pause: Command = {
  name: 'pause',
  summary: 'pay for no further task until somebody resumes',
  help: `Usage: lifesign pause --reason "TEXT" [options]

Tasks wait in the queue, with their ages and receive counts untouched. Tasks that are paid for already
are still collected. Neither the fleet nor a deployment ends the pause: lifesign resume does. Every
health view shows that the fleet is paused; who paused it, when and why is shown with the token.

${describeOptions(OPTIONS)}

${TARGET_NOTE}
Exit codes: 0 paused, or was paused already, 2 bad usage, 4 the table cannot be reached.`,
  async run(args, { env, terminal }) {
    const { values } = parse(args, OPTIONS, false)
    const reason = reasonFrom(values.reason)
    const target = targetOf(values, env)
    const before = await orUnreachable(target.name, async () => {
      const pause = { by: await target.caller(), at: Date.now(), reason }
      return changePause(await admissionOf(target), (control) => pauseChange(control, pause), systemClock.sleep)
    })
    if (before === null) {
      terminal.out(`${target.name} is paused: no further task is paid for, and waiting tasks stay in the queue`)
      terminal.err(`to end it: npx lifesign resume${target.flags}`)
    } else terminal.out(`${target.name} is paused already, ${toldPause(before)}; nothing was changed`)
    return EXIT.ok
  },
}
