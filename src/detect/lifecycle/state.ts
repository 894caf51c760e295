/** The state of the life cycle. Plain data; `ledger/state-file.ts` keeps it across restarts and reboots. */

import type { Acknowledgement } from '../../model/acknowledgement.ts'
import type { ConditionStatus, ConditionType } from '../../model/condition.ts'
import { conditionTypes, unknownText } from '../../model/condition.ts'
import type { DrillMode } from '../../model/drill.ts'
import type { Trust } from '../../model/evidence.ts'
import type { Match, Severity } from '../../model/finding.ts'

/**
 * Steady milliseconds: start near the Unix epoch's count, advance with the time since boot, continue after a reboot and
 * ignore wall-clock jumps. See `ledger/steady-time.ts`.
 */
export type Steady = number

/** The time of a step. */
export interface Moment {
  readonly now: Steady
  /** Wall clock minus steady time, milliseconds. */
  readonly wallOffset: number
}

/** How far a finding can be believed. */
export interface Standing {
  readonly trust: Trust
  /**
   * True: logged before this agent first ran on the node, and nothing shows that the fault persists. The finding is
   * reported, but condemns only when the configuration allows it.
   */
  readonly before?: boolean
  /**
   * A person's acknowledgement. The finding does not condemn until it ends, and after that only when the fault is seen
   * again.
   */
  readonly acknowledged?: Pick<Acknowledgement, 'until' | 'why'>
  /** Injected evidence: its drill, what it may bring about, and when it ends by itself. */
  readonly drill?: { readonly id: string; readonly mode: DrillMode; readonly until: Steady }
}

/** One log line that a rule matched. */
export interface Sighting extends Standing {
  readonly match: Match
  readonly at: Steady
  /** Name of the log. */
  readonly source: string
  /** Position in its log, unique within one boot; the finding's id contains it. */
  readonly position: number | string
}

/**
 * One measured state. `over`: beyond its limit. `held`: back within the limit but not yet past the clearing limit; an
 * existing finding stays, no new one begins. `kept`: the look cannot tell, e.g. the first look at a counter after a
 * restart; an existing finding stays as it is.
 */
export interface Level {
  readonly match: Match
  readonly state: 'over' | 'held' | 'kept'
}

/** One reason on one device: pending until its raise rule is met, then raised until it ends. */
export interface Finding extends Standing {
  /** `<start of the boot id>-<log or monitor>-<position>-<hash of reason and device>`; also names its Event. */
  readonly id: string
  /**
   * The match that represents it: the most severe of its incident, the earliest among equals. For a level: the newest.
   */
  readonly leader: Match
  readonly at: Steady
  readonly lastAt: Steady
  /** Wall-clock milliseconds of the first line or look; never changes. */
  readonly wallAt: number
  readonly lines: number
  /** Times of the newest lines, as many as the raise rule counts; empty once raised. */
  readonly recent: readonly Steady[]
  readonly raisedAt?: Steady
  /** When the recovery was reported. The finding ends when its hold time has passed as well. */
  readonly over?: Steady
  /** Name of the monitor whose looks keep and end this level. */
  readonly level?: string
  /** Reasons of the other lines of the incident, in order of appearance. */
  readonly companions: readonly string[]
  /** What the newest Event about it said, and when. */
  readonly told?: { readonly at: Steady; readonly lines: number; readonly companions: number; readonly times: number }
}

export interface ConditionState {
  readonly status: ConditionStatus
  readonly reason: string
  readonly message: string
  /** Wall-clock milliseconds at which `status` last changed. */
  readonly since: number
}

/** A text to write as an Event. Writing it again under the same id replaces the Event. */
export interface Notice {
  readonly id: string
  readonly type: 'Normal' | 'Warning'
  /** The gravest is written first and dropped last. */
  readonly severity: Severity
  readonly condition: ConditionType
  readonly reason: string
  readonly message: string
  readonly count: number
  /** Wall-clock milliseconds. */
  readonly firstAt: number
  readonly lastAt: number
}

/** Whether a monitor sees its evidence: not looked yet, seen, cannot look (and why), or its look does not end. */
export type Watch =
  | { readonly state: 'pending' }
  /** `lacks`: what this machine does not have, where the first condition of the monitor should say so. */
  | { readonly state: 'checked'; readonly lacks?: string }
  | { readonly state: 'blind'; readonly why: string }
  | { readonly state: 'stuck'; readonly why: string }

/** A monitor as the life cycle knows it: its conditions, and whether it sees its evidence. */
export interface Watcher {
  readonly name: string
  readonly conditions: readonly ConditionType[]
  readonly watch: Watch
}

export interface LifecycleState {
  readonly bootId: string
  readonly findings: ReadonlyMap<string, Finding>
  readonly conditions: Readonly<Record<ConditionType, ConditionState>>
  /** Acknowledgements on this node, from the newest answer of the API server. */
  readonly acknowledgements: readonly Acknowledgement[]
  /** Watchers by name. Not saved, because a new process has not looked yet. */
  readonly watchers: ReadonlyMap<string, Watcher>
  /** Notices not yet written, oldest first. */
  readonly notices: ReadonlyMap<string, Notice>
  /** Number of findings and notices dropped by a cap since the state began. */
  readonly dropped: { readonly findings: number; readonly notices: number }
}

/** The state of a node where nothing has been checked, at wall-clock time `since`. */
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

/** A condition that has not been checked, at wall-clock time `since`. */
export function unchecked(since: number): ConditionState {
  return { status: 'Unknown', ...unknownText, since }
}

/** A record with one value per condition type. */
export function perCondition<T>(make: (type: ConditionType) => T): Record<ConditionType, T> {
  const pairs = conditionTypes.map((type) => [type, make(type)] as const)
  return Object.fromEntries(pairs) as Record<ConditionType, T> // Object.fromEntries loses the key type
}
