/** What the numbers of one GPU incident mean together: 48 with 63 is another repair than 48 alone. */
import type { CompiledTables, CompositeRule } from '../../../catalog/compiled.ts'
import { adviceFor, rowOf } from './text.ts'

/** The first composite rule that fits the Xids seen in one incident on one GPU, or undefined: each speaks for itself. */
export function adviseIncident(xids: ReadonlySet<number>, tables: CompiledTables): CompositeRule | undefined {
  return tables.composites.find((rule) => fits(rule, xids))
}

/**
 * The same for an incident whose findings are known by their reasons, e.g. `NvidiaXID48Error`: action and why, for people.
 * What the driver asks for (field 230, `detect/nvml`) counts where the numbers advise another repair.
 */
export function adviseReasons(reasons: readonly string[], tables: CompiledTables): string | undefined {
  const xids = reasons.flatMap((reason) => /^NvidiaXID(\d+)/.exec(reason)?.[1] ?? []).map(Number)
  const rule = xids.length > 1 ? adviseIncident(new Set(xids), tables) : undefined
  const verdict = reasons.map((reason) => verdicts.get(reason)).find((one) => one !== undefined)
  if (!verdict) return rule && `together: ${rule.action}, ${rule.advice}`
  const advised = rule ? [rule.action] : xids.map((code) => rowOf(tables.xids, code)?.action ?? '')
  const other = advised.find((action) => repairs.has(action) && !verdict.includes(action))
  if (other === undefined) return undefined
  return `the Xid alone would mean another repair (${adviceFor(other)}): what the driver asks for counts`
}

/** The actions of the tables that are what the driver asks for, by the reason of the catalogue. */
const verdicts: ReadonlyMap<string, readonly string[]> = new Map([
  ['NvidiaGpuResetRequested', ['reset-gpu', 'drain-and-reset']],
  ['NvidiaRebootRequested', ['reboot-node']],
  ['NvidiaPeerDrainRequested', ['drain-p2p']],
  ['NvidiaImexRecoveryRequested', ['recover-imex']],
])
/** Actions of the tables that repair; others only advise where to look. */
const repairs: ReadonlySet<string> = new Set([
  ...[...verdicts.values()].flat(),
  'reset-fabric',
  'replace-node',
  'restart-vm',
])

function fits(rule: CompositeRule, xids: ReadonlySet<number>): boolean {
  if (!rule.all.every((code) => xids.has(code))) return false
  if (rule.any && !rule.any.some((code) => xids.has(code))) return false
  if (!rule.alone) return true
  const named = new Set([...rule.all, ...(rule.any ?? [])])
  return [...xids].every((code) => named.has(code))
}
