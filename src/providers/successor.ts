/** Which of a pool's new nodes takes the place of the old one. */
import type { NodeRef } from '../model/repair.ts'
import type { Operation, OperationView, SuccessorSearch } from './provider.ts'

/** A machine of the same pool, as far as its age and its node are known. */
export interface Newcomer {
  readonly createdAt: number
  /** The node it became, once it has registered. */
  readonly node?: NodeRef
}

/** The API's stamps are whole seconds, and its clock is not ours. */
const clockSlackMs = 2_000

/** True when a machine of that age can be the successor: started since pods leave the old node. */
export function isYoung(operation: Operation, createdAt: number): boolean {
  return createdAt >= operation.displacingSince - clockSlackMs
}

/** The machines of `pool` that may still take the old node's place: none of them the old one, none counted elsewhere. */
export function newcomersIn(operation: Operation, pool: readonly Newcomer[]): readonly Newcomer[] {
  return pool
    .filter((one) => isYoung(operation, one.createdAt))
    .filter((one) => one.node?.uid !== operation.nodeUid && !(one.node && operation.taken.has(one.node.uid)))
    .sort((a, b) => a.createdAt - b.createdAt || ((a.node?.uid ?? '') < (b.node?.uid ?? '') ? -1 : 1))
}

/** The oldest newcomer that has joined; `awaited` while there is none. */
export function pickSuccessor(operation: Operation, pool: readonly Newcomer[]): SuccessorSearch {
  const newcomers = newcomersIn(operation, pool)
  const registered = newcomers.find((one) => one.node)
  if (registered?.node) return { kind: 'found', node: registered.node }
  return { kind: 'awaited', why: newcomers.length > 0 ? 'the new machine has not joined yet' : 'no new machine yet' }
}

/** Turns what `look` throws into an answer: not knowing is data, and never a reason to act again. */
export async function orUnknown(look: () => Promise<OperationView>): Promise<OperationView> {
  try {
    return await look()
  } catch (error) {
    return { state: 'unknown', why: error instanceof Error ? error.message : String(error) }
  }
}
