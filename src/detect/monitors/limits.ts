/** Compares measured values with the catalogue's limits and returns levels. Pure. */
import type { CompiledProbe, CompiledReason } from '../../catalog/compiled.ts'
import type { Match } from '../../model/finding.ts'
import type { Level } from '../lifecycle/state.ts'
import type { ValueSpec } from './monitor.ts'

/** One measured value of a device or of the machine. */
export interface Measured<Value extends string = string> {
  /** Name of a value that the probe declares. */
  readonly value: Value
  /** In the unit of the value. */
  readonly amount: number
  readonly device?: string
  /** Values that messages can name, e.g. the limit of a percentage. */
  readonly parts?: Readonly<Record<string, string | number>>
  /** The finding's own name, where one entry stands for many, e.g. `DCGMHealthCode80`. */
  readonly reason?: string
  /** True when the look cannot tell that all is well: the amount can raise a reason but not end one. */
  readonly tentative?: boolean
  /** True when the device is not part of the machine; the catalogue's `detachable` severity applies. */
  readonly detachable?: boolean
}

/** Returns the level of each reason and device whose value is over its limit or not yet past the clearing limit. */
export function levelsOf(
  measured: readonly Measured[],
  reasons: readonly CompiledReason[],
  values: Readonly<Record<string, ValueSpec>>,
): readonly Level[] {
  return reasons.flatMap((entry) => {
    const { probe } = entry
    if (!probe) return []
    return measured.flatMap((one) => {
      const state = one.value === probe.value ? stateOf(one, probe) : undefined
      return state === undefined ? [] : [{ match: matchOf(entry, probe, one, values), state }]
    })
  })
}

function stateOf({ amount, tentative }: Measured, { side, limit, clear }: CompiledProbe): Level['state'] | undefined {
  const beyond = (bound: number): boolean => (side === 'above' ? amount > bound : amount < bound)
  if (beyond(limit)) return 'over'
  if (tentative) return 'kept'
  return beyond(clear) ? 'held' : undefined
}

function matchOf(
  { reason, condition, severity, scope, family }: CompiledReason,
  { value, message, detachable }: CompiledProbe,
  { amount, device, parts = {}, detachable: isDetachable = false, reason: own }: Measured,
  values: Readonly<Record<string, ValueSpec>>,
): Match {
  const words: Readonly<Record<string, string | number>> = { ...parts, value: rounded(amount, values[value]) }
  return {
    rule: `${reason}/measured`,
    reason: own ?? reason,
    entry: reason,
    condition,
    severity: (isDetachable && detachable) || severity,
    scope,
    family,
    code: value,
    ...(device !== undefined && { device }),
    message: message.replace(/\{(\w+)\}/g, (_whole, name: string) => String(words[name] ?? '?')),
  }
}

/** Rounds for display: percentages to one decimal at most. */
function rounded(amount: number, spec: ValueSpec | undefined): number {
  return spec?.unit === 'count' || spec?.unit === 'bytes' ? Math.round(amount) : Math.round(amount * 10) / 10
}
