/** The conditions by which the owner of a Machine is asked to replace it, as a MachineHealthCheck writes them. */
import { askedOwner, conditionOf, failedCheck } from './judge.ts'
import type { Machine, MachineCondition, Version } from './objects.ts'

/** Says that the failed check is ours, and not that of a MachineHealthCheck. */
const ourReason = 'NodemendRepair'

/** The conditions of `machine` with the question to its owner in them. A failed check of others stays as it is. */
export function asked(
  machine: Machine,
  version: Version,
  by: { readonly id: string; readonly now: number },
): readonly MachineCondition[] {
  const since = new Date(by.now).toISOString().replace(/\.\d+Z$/, 'Z') // whole seconds, as metav1.Time
  const known = conditionOf(machine, failedCheck)
  const ours = condition(version, failedCheck, ourReason, `Nodemend replaces its node: NodeRepair ${by.id}`, since)
  const question = condition(version, askedOwner, 'WaitingForRemediation', 'Waiting for remediation', since)
  return [...others(machine), known?.status === 'False' ? known : ours, question]
}

/** The conditions of `machine` without our question; undefined where it carries none of ours. */
export function withdrawn(machine: Machine): readonly MachineCondition[] | undefined {
  return conditionOf(machine, failedCheck)?.reason === ourReason ? others(machine) : undefined
}

function others({ status }: Machine): readonly MachineCondition[] {
  return (status?.conditions ?? []).filter(({ type }) => type !== failedCheck && type !== askedOwner)
}

/** v1beta1 wants a severity where a condition is False, and v1beta2 knows none. */
function condition(version: Version, type: string, reason: string, message: string, since: string): MachineCondition {
  const severity = version === 'v1beta1' ? { severity: 'Warning' } : {}
  return { type, status: 'False', reason, message, ...severity, lastTransitionTime: since }
}
