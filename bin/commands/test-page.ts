import { EXIT, UsageError } from './cli/exit.ts'
import { type Command, describeOptions, HELP, type Options, parse } from './cli/options.ts'
import { orUnreachable } from './fleet/or-unreachable.ts'
import { targetOf } from './fleet/target.ts'

const OPTIONS = {
  stage: { type: 'string', value: 'NAME', help: 'a deployed stack, Lifesign-NAME; its outputs are read' },
  region: { type: 'string', value: 'NAME', help: 'its AWS region; default: as the AWS tools find it' },
  ...HELP,
} as const satisfies Options

export const testPage: Command = {
  name: 'test-page',
  summary: 'find out now whether an alarm would reach anybody',
  help: `Usage: lifesign test-page --stage NAME [options]

Counts the confirmed subscriptions of the topic that the alarms tell, and sends a test page to it. Run it
after each deployment that touches the topic, and now and then: a topic that reaches nobody is silent.

${describeOptions(OPTIONS)}

It is your own permission that is used: sns:ListSubscriptionsByTopic and sns:Publish on the topic, and
kms:GenerateDataKey and kms:Decrypt on its key. The way from an alarm to the topic is tested by
docs/runbook.md#undelivered-pages.

Exit codes: 0 sent to at least one confirmed subscription, 1 it would reach nobody, or the topic refuses
it, 2 bad usage, 4 the stack or the topic cannot be reached.`,
  async run(args, { env, terminal }) {
    const { values } = parse(args, OPTIONS, false)
    if (values.stage === undefined) throw new UsageError('--stage is needed: the fleet on this machine pages nobody')
    const target = targetOf(values, env)
    const { client, arn } = await target.alarmTopic()
    const { sendTestPage, subscribersOf } = await import('./paging/send-test-page.ts')
    const { confirmed, pending } = await orUnreachable(target.name, () => subscribersOf(client, arn))
    const waiting = pending === 0 ? '' : `; ${pending} not confirmed yet`
    if (confirmed === 0) {
      terminal.err(`lifesign: an alarm of ${target.name} reaches nobody: no confirmed subscription${waiting}`)
      terminal.err(
        `to subscribe: aws sns subscribe --topic-arn ${arn} --protocol email --notification-endpoint ADDRESS`,
      )
      return EXIT.failed
    }
    try {
      await sendTestPage(client, arn, target.name)
    } catch (error) {
      const why = error instanceof Error ? `${error.name}: ${error.message.split('\n')[0]}` : 'no answer'
      terminal.err(`lifesign: the alarm topic of ${target.name} takes no message: ${why}`)
      return EXIT.failed
    }
    terminal.out(`a test page is sent to ${confirmed} confirmed subscription${confirmed === 1 ? '' : 's'}${waiting}`)
    return EXIT.ok
  },
}
