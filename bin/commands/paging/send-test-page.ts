import { PublishCommand, paginateListSubscriptionsByTopic, type SNSClient } from '@aws-sdk/client-sns'

/** Who would receive an alarm. `pending`: subscribed, and never confirmed, so nothing is sent to them. */
interface Subscribers {
  confirmed: number
  pending: number
}

/**
 * SNS names a subscription so until its owner has confirmed it, and `Deleted` for a while after its owner ended it. All
 * others are named by their ARN.
 */
const NOT_CONFIRMED = 'PendingConfirmation'

export async function subscribersOf(client: SNSClient, TopicArn: string): Promise<Subscribers> {
  const found = { confirmed: 0, pending: 0 }
  for await (const { Subscriptions = [] } of paginateListSubscriptionsByTopic({ client }, { TopicArn }))
    for (const { SubscriptionArn = '' } of Subscriptions) {
      if (SubscriptionArn === NOT_CONFIRMED) found.pending += 1
      if (SubscriptionArn.startsWith('arn:')) found.confirmed += 1
    }
  return found
}

/** One message to the topic that the alarms notify. Rejects with the refusal of SNS, or of the key of the topic. */
export async function sendTestPage(client: SNSClient, TopicArn: string, fleet: string): Promise<void> {
  const Message = `This is a test page of Lifesign, ${fleet}. Nothing is wrong. Whoever reads it would also be told of an alarm.`
  await client.send(new PublishCommand({ TopicArn, Subject: `Lifesign test page: ${fleet}`, Message }))
}
