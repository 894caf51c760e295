/** Measured values and the catalogue's limits → levels. Pure. */
import type { CompiledProbe, CompiledReason } from '../../catalog/compiled.ts'
import type { Match } from '../../model/finding.ts'
import type { Level } from '../lifecycle/state.ts'
import type { ValueSpec } from './monitor.ts'

/** One value of one device, or of the machine. */
export interface Measured<Value extends string = string> {
  /** As the probe declares it. */
  readonly value: Value
  /** In the unit of the value. */
  readonly amount: number
  readonly device?: string
  /** What messages may name, e.g. the limit that the value is a share of. */
  readonly parts?: Readonly<Record<string, string | number>>
}

/** The level of each reason on each device, as far as its limit is passed or not yet cleared. */
export function levelsOf(
  measured: readonly Measured[],
  reasons: readonly CompiledReason[],
  values: Readonly<Record<string, ValueSpec>>,
): readonly Level[] {
  return reasons.flatMap((entry) => {
    const { probe } = entry
    if (!probe) return []
    return measured.flatMap((one) => {
      const state = one.value === probe.value ? stateOf(one.amount, probe) : undefined
      return state === undefined ? [] : [{ match: matchOf(entry, probe, one, values), state }]
    })
  })
}

function stateOf(amount: number, { side, limit, clear }: CompiledProbe): Level['state'] | undefined {
  const beyond = (bound: number): boolean => (side === 'above' ? amount > bound : amount < bound)
  if (beyond(limit)) return 'over'
  return beyond(clear) ? 'held' : undefined
}

function matchOf(
  { reason, condition, severity, scope, family }: CompiledReason,
  { value, message }: CompiledProbe,
  { amount, device, parts = {} }: Measured,
  values: Readonly<Record<string, ValueSpec>>,
): Match {
  const words: Readonly<Record<string, string | number>> = { ...parts, value: rounded(amount, values[value]) }
  return {
    rule: `${reason}/measured`,
    reason,
    entry: reason,
    condition,
    severity,
    scope,
    family,
    code: value,
    ...(device !== undefined && { device }),
    message: message.replace(/\{(\w+)\}/g, (_whole, name: string) => String(words[name] ?? '?')),
  }
}

/** As many places as people read: a share of a limit needs one at most. */
function rounded(amount: number, spec: ValueSpec | undefined): number {
  return spec?.unit === 'count' || spec?.unit === 'bytes' ? Math.round(amount) : Math.round(amount * 10) / 10
}
