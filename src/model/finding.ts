/**
 * What one piece of evidence means: a {@link Match}, with a reason out of the catalogue. Matches of one reason on one
 * device become a finding, which has a life: `Finding` in `detect/lifecycle/state.ts`.
 */
import type { ConditionType } from './condition.ts'

/** info and warning become an Event; fatal turns the condition False. */
export type Severity = 'info' | 'warning' | 'fatal'

/**
 * Whose fault it is: `hardware` is the node's own (its hardware, kernel or services), `application` is caused by, or
 * limited to, one process or container. An `application` finding never turns a condition False.
 */
export type Scope = 'hardware' | 'application'

/** What a log line means: the answer of the matcher, before counting, grouping and holding. */
export interface Match {
  /** The rule's stable name, `<reason>/<index of the detect entry>`. */
  readonly rule: string
  /** The reason as conditions, Events and metrics carry it, e.g. `SoftLockup`, `NvidiaXID79Error`. */
  readonly reason: string
  /** The catalogue entry that governs its life cycle; differs from `reason` only where a table makes reasons per code. */
  readonly entry: string
  readonly condition: ConditionType
  readonly severity: Severity
  readonly scope: Scope
  /** Device family for reports: `xid`, `kernel`, `storage` … */
  readonly family: string
  /** Error number in its family's numbering (Xid, SXid, NVSwitch error), or the short name of what was seen (`gpu-lost`). */
  readonly code?: number | string
  /** What is affected: a PCI address as in the line (lower case), a block device, an interface. */
  readonly device?: string
  /** One sentence for people, with the values of this line. */
  readonly message: string
  /** Lines of one incident share it: companions of one GPU fault become one finding (an Xid 79 is followed by 154 and a dozen 45s). */
  readonly group?: string
  /** True when the line says that the trouble named by `reason` is over. */
  readonly recovery?: boolean
}
