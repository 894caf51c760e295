/**
 * The life cycle contract: what the catalogue and the monitors promise about each reason. `life-cycle.test.ts` holds the
 * agent to it, and docs/reference/life-cycle.md prints it.
 */
import type { CompiledCatalogue, CompiledReason, CompiledRule } from '../../src/catalog/compiled.ts'
import { allMonitors } from '../../src/detect/assemble.ts'
import { gpuIncident } from '../../src/detect/decode/nvidia/xid.ts'

/** What the catalogue and the monitors promise about one reason. */
export interface Contract {
  readonly entry: CompiledReason
  /** The rules whose lines raise it, and those whose lines end it. */
  readonly raising: readonly CompiledRule[]
  readonly ending: readonly CompiledRule[]
  /** How it is seen: lines of a log, a value of a monitor, or the agent's own work. */
  readonly by:
    | { readonly log: string }
    | { readonly monitor: string; readonly everyMs: number }
    | { readonly agent: true }
  /** What ends it, the first that happens; empty where only a new boot or a person does. */
  readonly ends: readonly Ending[]
  /** The longest time that it stays after the fault is gone, milliseconds; undefined while nothing but a boot ends it. */
  readonly latchMs: number | undefined
  /** True: the first line of the driver's next load ends it. */
  readonly byDriver: boolean
}

export type Ending = { readonly kind: 'value' | 'line' } | { readonly kind: 'quiet' | 'expiry'; readonly ms: number }

/** The group of rules that a driver load ends; the line is a sample of the rule with this code. */
export const driverLoad = 'driver-load'

/** The contract of every reason, in the order of the catalogue. */
export function contractsOf(catalogue: CompiledCatalogue): readonly Contract[] {
  return catalogue.reasons.map((entry) => {
    const raising = catalogue.rules.filter(({ reason, recovery }) => reason === entry.reason && !recovery)
    const over = catalogue.rules.filter(({ recovery }) => recovery).filter((rule) => isAbout(rule, entry, raising))
    const ending = over.filter(({ code }) => code !== driverLoad)
    const by = seenBy(entry, raising)
    const ends = endsOf(entry, ending, by)
    return {
      entry,
      raising,
      ending,
      by,
      ends,
      latchMs: latchOf(entry, ends, by),
      byDriver: ending.length < over.length,
    }
  })
}

/** A line about recovery ends its own reason, and every reason of its group. Decoders give Xids the group of the card. */
function isAbout(rule: CompiledRule, { reason }: CompiledReason, raising: readonly CompiledRule[]): boolean {
  const groups = raising.map(({ group, decode }) => group ?? (decode === 'nvidia-xid' ? gpuIncident : undefined))
  return rule.reason === reason || (rule.group !== undefined && groups.includes(rule.group))
}

function seenBy(entry: CompiledReason, raising: readonly CompiledRule[]): Contract['by'] {
  if (entry.probe) {
    const { monitor } = entry.probe
    const everyMs = allMonitors.find(({ name }) => name === monitor)?.everyMs
    if (everyMs === undefined) throw new TypeError(`${entry.reason}: no monitor ${monitor} looks on a timer`)
    return { monitor, everyMs }
  }
  const [rule] = raising
  return rule ? { log: rule.source } : { agent: true }
}

function endsOf({ lifecycle }: CompiledReason, ending: readonly CompiledRule[], by: Contract['by']): readonly Ending[] {
  const { clearAfterMs, expireMs } = lifecycle
  if ('monitor' in by) return [{ kind: 'value' }]
  return [
    ...(ending.length > 0 ? [{ kind: 'line' as const }] : []),
    ...(clearAfterMs === undefined ? [] : [{ kind: 'quiet' as const, ms: clearAfterMs }]),
    ...(expireMs === undefined ? [] : [{ kind: 'expiry' as const, ms: expireMs }]),
  ]
}

function latchOf({ lifecycle }: CompiledReason, ends: readonly Ending[], by: Contract['by']): number | undefined {
  if ('monitor' in by) return Math.max(2 * by.everyMs, lifecycle.holdMs)
  const times = ends.flatMap((one) => ('ms' in one ? [one.ms] : []))
  return times.length === 0 ? undefined : Math.max(Math.min(...times), lifecycle.holdMs)
}
