/** What people are told of a node in one word. */
import { conditionTypes } from '../model/condition.ts'

/** `unknown`: nothing says that it is sick, but nobody can look (its agent is blind, gone, or has only just begun). */
export type NodeState = 'healthy' | 'unknown' | 'sick'

const ours: readonly string[] = conditionTypes

/** Ready and our five conditions speak; a node that carries none of ours is judged by Ready alone. */
export function stateOf(conditions: readonly { readonly type: string; readonly status: string }[]): NodeState {
  const told = conditions.filter((one) => one.type === 'Ready' || ours.includes(one.type))
  const ready = told.find((one) => one.type === 'Ready')?.status
  if (ready === 'False' || told.some((one) => one.status === 'False')) return 'sick'
  return ready === 'True' && told.every((one) => one.status === 'True') ? 'healthy' : 'unknown'
}
