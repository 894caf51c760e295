/** Which of a pool's new nodes takes the place of the old one. */
import type { Replacement } from '../model/repair.ts'
import type { Operation, OperationView, Successor } from './provider.ts'

/** A machine of the same pool, as far as its age and its node are known. */
export interface Newcomer {
  readonly createdAt: number
  /** The node it became, once it has registered. */
  readonly node?: Replacement
}

/** The API's stamps are whole seconds, and its clock is not ours. */
const clockSlackMs = 2_000

/** The oldest newcomer that no other operation counts as its own; `awaited` while there is none. */
export function pickSuccessor(operation: Operation, pool: readonly Newcomer[]): Successor {
  const young = pool
    .filter((one) => one.createdAt >= operation.displacingSince - clockSlackMs)
    .filter((one) => one.node?.uid !== operation.nodeUid && !(one.node && operation.taken.has(one.node.uid)))
    .sort((a, b) => a.createdAt - b.createdAt || ((a.node?.uid ?? '') < (b.node?.uid ?? '') ? -1 : 1))
  const registered = young.find((one) => one.node)
  if (registered?.node) return { kind: 'found', node: registered.node }
  return { kind: 'awaited', why: young.length > 0 ? 'the new machine has not joined yet' : 'no new machine yet' }
}

/** Turns what `look` throws into an answer: not knowing is data, and never a reason to act again. */
export async function orUnknown(look: () => Promise<OperationView>): Promise<OperationView> {
  try {
    return await look()
  } catch (error) {
    return { state: 'unknown', why: error instanceof Error ? error.message : String(error) }
  }
}
