/** What the life cycle needs to know about reasons: the catalogue's entries and the operator's overrides. */
import type { CompiledReason, Lifecycle } from '../../catalog/compiled.ts'
import type { Remedy } from '../../model/action.ts'
import { type ConditionType, readyText } from '../../model/condition.ts'
import type { Match, Severity } from '../../model/finding.ts'
import type { Standing } from './state.ts'

/** The operator's override of one reason or one code. */
export interface Override {
  readonly severity?: Severity
  /** True: ignore every occurrence. */
  readonly disabled?: boolean
  /** For a measured reason: replaces its limit, in the unit of the value. */
  readonly limit?: number
  /** The limit at which the finding clears; absent: the same distance from the limit as in the catalogue. */
  readonly clear?: number
  /** How long a measured value must be over its limit. */
  readonly forMs?: number
}

/** Overrides from `/etc/nodemend/config.yaml`. A code's override takes precedence over its reason's. */
export interface Overrides {
  readonly reasons: Readonly<Record<string, Override>>
  /** By family, then by code, e.g. `codes.xid["63"]`. */
  readonly codes: Readonly<Record<string, Readonly<Record<string, Override>>>>
}

export const noOverrides: Overrides = { reasons: {}, codes: {} }

export interface ReadyText {
  readonly reason: string
  readonly message: string
}

export interface Settings {
  /** Reason and message of a condition that is True. */
  readyTextOf(type: ConditionType): ReadyText
  /** The catalogue's entry of this name; undefined when its rule pack has been removed. */
  entryOf(name: string): CompiledReason | undefined
  /** The life cycle of the entry that governs `match`. */
  lifecycleOf(match: Match): Lifecycle
  /** The suggested repair of the entry that governs `match`. */
  repairOf(match: Match): Remedy
  /** What the reasons of one incident mean together; undefined when there is no such rule. */
  adviceOn(reasons: readonly string[]): string | undefined
  /** Severity after overrides, scope and standing; undefined when the match is disabled. */
  severityOf(match: Match, standing: Standing): Severity | undefined
}

/** For a finding whose rule pack was removed: ends at the next boot or after a day. */
const fallback: Lifecycle = {
  raise: { count: 1, withinMs: 0 },
  holdMs: 60_000,
  clearedByBoot: true,
  expireMs: 86_400_000,
}

export interface SettingsOptions {
  readonly reasons: readonly CompiledReason[]
  readonly overrides: Overrides
  /** False: a line that user space wrote never makes a condition False. */
  readonly acceptUserspace: boolean
  /** True: lines from before the agent first ran condemn like any other line. */
  readonly acceptOld?: boolean
  /** Ready text of AcceleratedHardwareReady, which depends on the hardware. */
  readonly acceleratorReady?: ReadyText
  /** See {@link Settings.adviceOn}. Absent: no incident has advice of its own. */
  readonly advise?: (reasons: readonly string[]) => string | undefined
}

export function createSettings(options: SettingsOptions): Settings {
  const { overrides } = options
  const reasons = new Map(options.reasons.map((one) => [one.reason, tuned(one, overrides.reasons[one.reason])]))
  const accelerated = options.acceleratorReady ?? readyText.AcceleratedHardwareReady
  return {
    readyTextOf: (type) => (type === 'AcceleratedHardwareReady' ? accelerated : readyText[type]),
    entryOf: (name) => reasons.get(name),
    lifecycleOf: (match) => reasons.get(match.entry)?.lifecycle ?? fallback,
    repairOf: (match) => reasons.get(match.entry)?.repair ?? 'NoAction',
    adviceOn: (incident) => options.advise?.(incident),
    severityOf(match, standing) {
      const byReason = overrides.reasons[match.reason] ?? overrides.reasons[match.entry]
      const byCode = match.code === undefined ? undefined : overrides.codes[match.family]?.[String(match.code)]
      if (byCode?.disabled ?? byReason?.disabled) return undefined
      const severity = byCode?.severity ?? byReason?.severity ?? match.severity
      const condemns = match.scope === 'hardware' && mayCondemn(standing, options)
      return severity === 'fatal' && !condemns ? 'warning' : severity
    },
  }
}

function mayCondemn(
  { trust, before, acknowledged, drill }: Standing,
  { acceptUserspace, acceptOld }: SettingsOptions,
): boolean {
  if (acknowledged || drill?.mode === 'Observe' || (before && !acceptOld)) return false
  return acceptUserspace || trust !== 'userspace'
}

/** The entry with the operator's limits. */
function tuned(entry: CompiledReason, override: Override | undefined): CompiledReason {
  if (!override) return entry
  const { limit, clear, forMs } = override
  const { raise } = entry.lifecycle
  const lifecycle = { ...entry.lifecycle, raise: forMs === undefined ? raise : { ...raise, forMs } }
  if (!entry.probe) return { ...entry, lifecycle }
  const shift = limit === undefined ? 0 : limit - entry.probe.limit
  const probe = { ...entry.probe, limit: entry.probe.limit + shift, clear: clear ?? entry.probe.clear + shift }
  return { ...entry, lifecycle, probe }
}

/** Severities in ascending order, for comparisons. */
export const severityRank: Readonly<Record<Severity, number>> = { info: 0, warning: 1, fatal: 2 }
