/** What stops a repair that is under way: for a while, or for good as long as nothing has begun that cannot be undone. */
import { restrainingDrill } from '../../model/drill.ts'
import { type ClusterSnapshot, conditionOf, type NodeView } from '../../model/node.ts'
import type { Attempt, Plan } from '../../model/repair.ts'
import { kindOf } from '../act/actions.ts'
import { notAsAdmitted } from '../decide/as-admitted.ts'
import type { Gate } from '../decide/gate.ts'
import { gates } from '../decide/gates.ts'
import { hasRecovered, oldNode, type StepView } from './transition.ts'

/** While the watches cannot be trusted or the controller is paused, nothing goes on; nothing is undone either. */
export function holdReason({ snapshot, now }: StepView): string | undefined {
  return firstAnswer((gate) => gate.hold?.(snapshot, now))
}

/** A person deleted the record. It counts at once, also under a pause and in an outage. */
export function deletionReason({ deletedAt }: Attempt): string | undefined {
  return deletedAt === undefined ? undefined : 'somebody deleted its NodeRepair'
}

/** Before the provider has begun, whatever speaks against the repair ends it and everything is put back. */
export function cancelReason(
  attempt: Attempt,
  plan: Plan,
  { snapshot, now, pass, policies }: StepView,
): string | undefined {
  const deleted = deletionReason(attempt)
  if (deleted !== undefined) return deleted
  const node = oldNode(attempt, snapshot)
  if (!node || pass?.nodeGone) return 'the node is gone'
  if (kindOf(plan.action).by === 'provider' && !snapshot.providers.includes(plan.provider))
    return `this controller does not run provider ${plan.provider}`
  if (hasRecovered(plan, node)) return `${plan.condition} is no longer ${plan.status}`
  const drill = restrainingDrill(conditionOf(node, plan.condition))
  if (drill) return `${plan.condition} is ${plan.status} only because of drill ${drill.id} now`
  const changed = notAsAdmitted(attempt, plan, node, policies)
  if (changed !== undefined) return changed
  if (pass?.taintGone) return 'somebody removed our taint from the node'
  return firstAnswer((gate) => gate.cancel?.(node, snapshot, now))
}

/** Why a node must not be touched, whatever is wrong with it. */
export function refusalOf(node: NodeView, snapshot: ClusterSnapshot, now: number): string | undefined {
  return firstAnswer((gate) => gate.hold?.(snapshot, now) ?? gate.cancel?.(node, snapshot, now))
}

/** A gate that throws refuses. */
function firstAnswer(ask: (gate: Gate) => string | undefined): string | undefined {
  for (const gate of gates) {
    try {
      const why = ask(gate)
      if (why !== undefined) return why
    } catch (error) {
      return `the gate ${gate.name} failed: ${error instanceof Error ? error.message : String(error)}`
    }
  }
  return undefined
}
