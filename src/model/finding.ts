/**
 * The meaning of one piece of evidence: a {@link Match} with a reason from the catalogue. Matches of one reason on one
 * device become a finding with a life cycle: `Finding` in `detect/lifecycle/state.ts`.
 */
import type { ConditionType } from './condition.ts'

/** info and warning create an Event; fatal also turns the condition False. */
export type Severity = 'info' | 'warning' | 'fatal'

/**
 * `hardware`: a fault of the node itself (hardware, kernel or services). `application`: caused by, or limited to, one
 * process or container; never turns a condition False.
 */
export type Scope = 'hardware' | 'application'

/** The matcher's result for a log line, before counting, grouping and holding. */
export interface Match {
  /** The rule's stable name, `<reason>/<index of the detect entry>`. */
  readonly rule: string
  /** The reason in conditions, Events and metrics, e.g. `SoftLockup`, `NvidiaXID79Error`. */
  readonly reason: string
  /** The catalogue entry that governs its life cycle; differs from `reason` only for reasons per code from a table. */
  readonly entry: string
  readonly condition: ConditionType
  readonly severity: Severity
  readonly scope: Scope
  /** Device family for reports: `xid`, `kernel`, `storage` … */
  readonly family: string
  /** Error number in its family's numbering (Xid, SXid, NVSwitch error), or a short name (`gpu-lost`). */
  readonly code?: number | string
  /** The affected device: a PCI address as in the line (lower case), a block device, an interface. */
  readonly device?: string
  /** One sentence for people, with the values of this line. */
  readonly message: string
  /**
   * Shared by the lines of one incident, which become one finding with companions: an Xid 79 is followed by a 154 and a
   * dozen 45s.
   */
  readonly group?: string
  /** True when the line reports that the fault named by `reason` is over. */
  readonly recovery?: boolean
}
