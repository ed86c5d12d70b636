import type { AttributeValue } from '@aws-sdk/client-dynamodb'

/** What DynamoDB bills an item by: names and values in UTF-8, numbers by their digits, 3 and 1 for each map or list. */
export const itemBytes = (item: Record<string, AttributeValue>): number =>
  Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value), 0)

function valueBytes({ S, N, B, L, M }: AttributeValue): number {
  if (S !== undefined) return Buffer.byteLength(S)
  if (B !== undefined) return B.length
  if (N !== undefined) return Math.ceil(N.replace(/^-?0*|\D/g, '').length / 2) + 1
  if (L !== undefined) return L.reduce((sum, value) => sum + valueBytes(value) + 1, 3)
  if (M !== undefined) return 3 + itemBytes(M) + Object.keys(M).length
  return 1
}
