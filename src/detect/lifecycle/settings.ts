/** What the life cycle is told about reasons: the catalogue's entries and the operator's overrides. */
import type { CompiledReason, Lifecycle } from '../../catalog/compiled.ts'
import { type ConditionType, readyText } from '../../model/condition.ts'
import type { Origin } from '../../model/evidence.ts'
import type { Match, Severity } from '../../model/finding.ts'

/** An operator's word on one reason or one code. */
export interface Override {
  readonly severity?: Severity
  /** True: as if the line had never been written. */
  readonly disabled?: boolean
}

/** Overrides out of `/etc/nodemend/config.yaml`. A code's override wins over its reason's. */
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
  /** Rules of the entry that governs `match`. */
  lifecycleOf(match: Match): Lifecycle
  /** What a repairer should do by default; `none` when nothing. */
  repairOf(match: Match): string
  /** What the reasons of one incident mean together; undefined when each speaks for itself. */
  adviceOn(reasons: readonly string[]): string | undefined
  /** Severity after overrides, scope and origin; undefined when the match is disabled. */
  severityOf(match: Match, origin: Origin): Severity | undefined
}

/** For a finding whose rule pack has been taken away: over with the boot, or after a day. */
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
  /** What AcceleratedHardwareReady says when it is True; it depends on the hardware. */
  readonly acceleratorReady?: ReadyText
  /** See {@link Settings.adviceOn}; absent: no incident means more than its leader. */
  readonly advise?: (reasons: readonly string[]) => string | undefined
}

export function createSettings(options: SettingsOptions): Settings {
  const { overrides, acceptUserspace } = options
  const reasons = new Map(options.reasons.map((one) => [one.reason, one]))
  const accelerated = options.acceleratorReady ?? readyText.AcceleratedHardwareReady
  return {
    readyTextOf: (type) => (type === 'AcceleratedHardwareReady' ? accelerated : readyText[type]),
    lifecycleOf: (match) => reasons.get(match.entry)?.lifecycle ?? fallback,
    repairOf: (match) => reasons.get(match.entry)?.repair ?? 'none',
    adviceOn: (incident) => options.advise?.(incident),
    severityOf(match, origin) {
      const byReason = overrides.reasons[match.reason] ?? overrides.reasons[match.entry]
      const byCode = match.code === undefined ? undefined : overrides.codes[match.family]?.[String(match.code)]
      if (byCode?.disabled ?? byReason?.disabled) return undefined
      const severity = byCode?.severity ?? byReason?.severity ?? match.severity
      const condemns = match.scope === 'hardware' && (acceptUserspace || origin === 'kernel')
      return severity === 'fatal' && !condemns ? 'warning' : severity
    },
  }
}

/** Order of severities, for comparing. */
export const severityRank: Readonly<Record<Severity, number>> = { info: 0, warning: 1, fatal: 2 }
