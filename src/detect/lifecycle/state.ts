/** What the life cycle remembers. Plain data; `state-file.ts` keeps it over restarts and reboots. */
import type { ConditionStatus, ConditionType } from '../../model/condition.ts'
import { conditionTypes, unknownText } from '../../model/condition.ts'
import type { Origin } from '../../model/evidence.ts'
import type { Match, Severity } from '../../model/finding.ts'

/**
 * Steady milliseconds: they begin near the Unix epoch's count, advance with the time since boot and go on after a
 * reboot; a jump of the wall clock does not move them. See `timeline.ts`.
 */
export type Steady = number

/** When a step runs. */
export interface Moment {
  readonly now: Steady
  /** Wall clock minus steady time, milliseconds. */
  readonly wallOffset: number
}

/** A match and where it came from: what monitors hand over. */
export interface Sighting {
  readonly match: Match
  readonly at: Steady
  /** Position in its source; with the boot id it names the finding, so that telling it twice is telling it once. */
  readonly sequence: number
  readonly origin: Origin
}

/** One reason on one device: pending until its raise rule is met, then raised until it ends. */
export interface Finding {
  /** `<start of the boot id>-<sequence of the first line>`, the name of its Event. */
  readonly id: string
  /** The match that stands for it: the most severe of its incident, the earliest among equals. */
  readonly leader: Match
  readonly origin: Origin
  readonly at: Steady
  readonly lastAt: Steady
  /** Wall-clock milliseconds of the first line, frozen. */
  readonly wallAt: number
  readonly lines: number
  /** Times of the newest lines, no more than the raise rule counts; empty once raised. */
  readonly recent: readonly Steady[]
  readonly raisedAt?: Steady
  /** Since when its trouble is said to be over; it ends when its hold time has passed too. */
  readonly over?: Steady
  /** Reasons of other lines of the same incident, in order of appearance. */
  readonly companions: readonly string[]
  /** What was last told of it. */
  readonly told?: { readonly at: Steady; readonly lines: number; readonly companions: number; readonly times: number }
}

export interface ConditionState {
  readonly status: ConditionStatus
  readonly reason: string
  readonly message: string
  /** Wall-clock milliseconds at which `status` last changed. */
  readonly since: number
}

/** Something to tell as an Event. Telling again under the same id replaces what was told. */
export interface Notice {
  readonly id: string
  readonly type: 'Normal' | 'Warning'
  /** What is told first, and forgotten last, when there is too much to tell. */
  readonly severity: Severity
  readonly condition: ConditionType
  readonly reason: string
  readonly message: string
  readonly count: number
  /** Wall-clock milliseconds. */
  readonly firstAt: number
  readonly lastAt: number
}

/** Whether the evidence of a condition is being read: not yet, yes, or not possible (and why). */
export type Watch =
  | { readonly state: 'pending' }
  | { readonly state: 'checked' }
  | { readonly state: 'blind'; readonly why: string }

export interface LifecycleState {
  readonly bootId: string
  readonly findings: ReadonlyMap<string, Finding>
  readonly conditions: Readonly<Record<ConditionType, ConditionState>>
  readonly watches: Readonly<Record<ConditionType, Watch>>
  /** Told to nobody yet, oldest first. */
  readonly notices: ReadonlyMap<string, Notice>
  /** What a cap has cost since the state began. */
  readonly dropped: { readonly findings: number; readonly notices: number }
}

/** The state of a node on which nothing was checked since its boot, at wall-clock time `since`. */
export function emptyState(bootId: string, since: number): LifecycleState {
  const unknown: ConditionState = { status: 'Unknown', ...unknownText, since }
  return {
    bootId,
    findings: new Map(),
    conditions: perCondition(() => unknown),
    watches: perCondition(() => ({ state: 'pending' })),
    notices: new Map(),
    dropped: { findings: 0, notices: 0 },
  }
}

/** A record with one value per condition type. */
export function perCondition<T>(make: (type: ConditionType) => T): Record<ConditionType, T> {
  const pairs = conditionTypes.map((type) => [type, make(type)] as const)
  return Object.fromEntries(pairs) as Record<ConditionType, T> // Object.fromEntries forgets the keys' type
}
