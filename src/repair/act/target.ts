/** What exactly an action would act on: the last question before a repair is admitted. */
import type { Intervention } from '../../model/action.ts'
import type { NodeView } from '../../model/node.ts'
import type { TargetAnswer } from '../../providers/provider.ts'
import { type FindActor, kindOf } from './actions.ts'

export interface TargetQuestion {
  readonly node: NodeView
  readonly provider: string
  readonly action: Intervention
  /** The reason for which it is done. */
  readonly reason?: string | undefined
}

/** A provider that cannot answer says no, and the record says why; `onError` is told. Never rejects. */
export async function targetOf(
  findActor: FindActor,
  { node, provider, action, reason }: TargetQuestion,
  onError: (error: unknown) => void,
): Promise<TargetAnswer> {
  const { words, refusal } = kindOf(action)
  const refused = refusal?.(node)
  if (refused) return { kind: 'refused', ...refused }
  const actor = findActor({ action, provider })
  const why = `this controller does not run provider ${provider}`
  if (!actor) return { kind: 'refused', why, change: `the controller runs ${provider}` }
  try {
    return await actor.target(node, action, reason)
  } catch (error) {
    onError(error)
    const why = `${provider} cannot tell what to ${words.verb}: ${error instanceof Error ? error.message : error}`
    return { kind: 'refused', why, change: `${provider} answers` }
  }
}
