/** What the item of a task counts before any provider was asked; written out here, so that tests compare with it. */
export const NOTHING_CHARGED = {
  charges: 0,
  uncertainCharges: 0,
  unsolvable: 0,
  lostIdResubmits: 0,
  httpErrors: 0,
  lost: [],
}
