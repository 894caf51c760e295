/** What the life cycle remembers. Plain data; `ledger/state-file.ts` keeps it over restarts and reboots. */

import type { Acknowledgement } from '../../model/acknowledgement.ts'
import type { ConditionStatus, ConditionType } from '../../model/condition.ts'
import { conditionTypes, unknownText } from '../../model/condition.ts'
import type { Trust } from '../../model/evidence.ts'
import type { Match, Severity } from '../../model/finding.ts'

/**
 * Steady milliseconds: they begin near the Unix epoch's count, advance with the time since boot and go on after a
 * reboot; a jump of the wall clock does not move them. See `ledger/steady-time.ts`.
 */
export type Steady = number

/** When a step runs. */
export interface Moment {
  readonly now: Steady
  /** Wall clock minus steady time, milliseconds. */
  readonly wallOffset: number
}

/** How far a finding may be believed. */
export interface Standing {
  readonly trust: Trust
  /**
   * Logged before this agent first ran on the node, and nothing shows that the fault still lasts: the finding is told, and
   * condemns only where the configuration says so.
   */
  readonly before?: boolean
  /** A person has acknowledged it: until then it does not condemn, and after that only when it is seen anew. */
  readonly acknowledged?: Pick<Acknowledgement, 'until' | 'why'>
}

/** One line that means something: what log monitors hand over. */
export interface Sighting extends Standing {
  readonly match: Match
  readonly at: Steady
  /** Name of the log. */
  readonly source: string
  /** Position in its log, unique within one boot: with log and boot it names the finding. */
  readonly position: number | string
}

/**
 * One state that a monitor measured. `over`: its limit is passed. `held`: it is back behind the limit and not yet behind
 * the one that clears it, so a finding stays and none begins.
 */
export interface Level {
  readonly match: Match
  readonly state: 'over' | 'held'
}

/** One reason on one device: pending until its raise rule is met, then raised until it ends. */
export interface Finding extends Standing {
  /** `<start of the boot id>-<log or monitor>-<position>-<reason and device, hashed>`, the name of its Event. */
  readonly id: string
  /** The match that stands for it: the most severe of its incident, the earliest among equals; of a level the newest. */
  readonly leader: Match
  readonly at: Steady
  readonly lastAt: Steady
  /** Wall-clock milliseconds of the first line or look, frozen. */
  readonly wallAt: number
  readonly lines: number
  /** Times of the newest lines, no more than the raise rule counts; empty once raised. */
  readonly recent: readonly Steady[]
  readonly raisedAt?: Steady
  /** Since when its trouble is said to be over; it ends when its hold time has passed too. */
  readonly over?: Steady
  /** Whose level it is: that monitor's looks keep it, and end it. */
  readonly level?: string
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

/** Whether a monitor sees its evidence: not looked yet, yes, cannot (and why), or its look does not end (and since when). */
export type Watch =
  | { readonly state: 'pending' }
  | { readonly state: 'checked' }
  | { readonly state: 'blind'; readonly why: string }
  | { readonly state: 'stuck'; readonly why: string }

/** A monitor as the life cycle knows it: what it speaks for, and whether it sees. */
export interface Watcher {
  readonly name: string
  readonly conditions: readonly ConditionType[]
  readonly watch: Watch
}

export interface LifecycleState {
  readonly bootId: string
  readonly findings: ReadonlyMap<string, Finding>
  readonly conditions: Readonly<Record<ConditionType, ConditionState>>
  /** What people have acknowledged on this node, as the newest answer of the API server said. */
  readonly acknowledgements: readonly Acknowledgement[]
  /** By name. Not kept on disk: another process has looked at nothing yet. */
  readonly watchers: ReadonlyMap<string, Watcher>
  /** Told to nobody yet, oldest first. */
  readonly notices: ReadonlyMap<string, Notice>
  /** What a cap has cost since the state began. */
  readonly dropped: { readonly findings: number; readonly notices: number }
}

/** The state of a node on which nothing was checked, at wall-clock time `since`. */
export function emptyState(bootId: string, since: number): LifecycleState {
  return {
    bootId,
    findings: new Map(),
    conditions: perCondition(() => unchecked(since)),
    acknowledgements: [],
    watchers: new Map(),
    notices: new Map(),
    dropped: { findings: 0, notices: 0 },
  }
}

/** A condition that nobody has checked, at wall-clock time `since`. */
export function unchecked(since: number): ConditionState {
  return { status: 'Unknown', ...unknownText, since }
}

/** A record with one value per condition type. */
export function perCondition<T>(make: (type: ConditionType) => T): Record<ConditionType, T> {
  const pairs = conditionTypes.map((type) => [type, make(type)] as const)
  return Object.fromEntries(pairs) as Record<ConditionType, T> // Object.fromEntries forgets the keys' type
}
