/**
 * The catalogue as the agent holds it in memory: what detection and life cycle need, nothing that only people read.
 * `load.ts` makes it from YAML; the build writes it as one JSON file beside the agent's bundle.
 */
import type { ConditionType } from '../model/condition.ts'
import type { LogName } from '../model/evidence.ts'
import type { Scope, Severity } from '../model/finding.ts'

/** Bump when the meaning of a field changes: a bundle refuses a file of another version. */
export const compiledVersion = 2

export interface CompiledCatalogue {
  readonly version: typeof compiledVersion
  readonly reasons: readonly CompiledReason[]
  readonly rules: readonly CompiledRule[]
  /** NVIDIA Xid and SXid tables and decode rows; see `tables.ts`. */
  readonly tables: CompiledTables
}

/** One reason: identity, default severity, life cycle. */
export interface CompiledReason {
  readonly reason: string
  readonly condition: ConditionType
  readonly severity: Severity
  readonly scope: Scope
  readonly family: string
  readonly lifecycle: Lifecycle
  /** How a monitor measures it; absent where a log shows it, or the agent itself raises it. */
  readonly probe?: CompiledProbe
  /** How to look whether the fault still lasts; absent: nobody can tell. See `detect/host/lasting.ts`. */
  readonly lasts?: LastsCheck
  /** What a repairer should do by default: `none`, `replace` … Written into the condition's message for people. */
  readonly repair: string
}

/** Ways to see that a fault that was logged is still there, by the device that the finding names. */
export const lastsChecks = ['pci-device-lost', 'mount-read-only', 'nvme-dead', 'array-degraded'] as const
export type LastsCheck = (typeof lastsChecks)[number]

/** A measured reason: a value of a monitor and the limits that it must not pass. */
export interface CompiledProbe {
  readonly monitor: string
  /** A value that the monitor declares. */
  readonly value: string
  /** On which side of the limit the trouble lies. */
  readonly side: 'above' | 'below'
  /** Raised beyond it, in the unit of the value. */
  readonly limit: number
  /** Cleared behind it. Between the two nothing changes. */
  readonly clear: number
  /** What people read: `{value}`, and the parts that the monitor gives. */
  readonly message: string
}

/** How a reason becomes a finding and how its finding ends. All times in milliseconds. */
export interface Lifecycle {
  /**
   * A log's reason is raised when `count` matching lines came within `withinMs` (same reason and device), a measured one
   * when it was over its limit for `forMs`; absent: at once.
   */
  readonly raise: { readonly count: number; readonly withinMs: number; readonly forMs?: number }
  /** Stays raised at least this long, whatever clears it: keeps a condition from flapping. */
  readonly holdMs: number
  /** Quiet time after the newest line that ends it; absent: quiet time proves nothing. */
  readonly clearAfterMs?: number
  /** A new boot id ends it. */
  readonly clearedByBoot: boolean
  /** Ends it whatever happens, counted from the newest line; absent: only clearing ends it. */
  readonly expireMs?: number
}

/** One way to see a reason in a log. Several rules may name the same reason. */
export interface CompiledRule {
  /** `<reason>/<n>`, n counting from 1. */
  readonly name: string
  readonly reason: string
  /** The log whose lines it is asked about. */
  readonly source: LogName
  /** Units of the journal whose lines it is asked about; absent: every unit's. */
  readonly units?: readonly string[]
  /** Literals, at least one of which the line must contain, in any letter case: they feed the prefilter. */
  readonly contains: readonly string[]
  /** RE2 pattern with named groups, searched anywhere in the text; absent for a decoder. */
  readonly pattern?: string
  /** Literals that rule the line out. */
  readonly unless: readonly string[]
  /** Name of a decoder in code (`nvidia-xid`), for lines whose meaning is a table, not a pattern. */
  readonly decode?: string
  /** `{group}` stands for a named group of the pattern. */
  readonly message?: string
  /** Template of the affected device, e.g. `{device}`. */
  readonly device?: string
  /** Short name of what the rule sees inside its family, or `{group}` for a number that stands in the line. */
  readonly code?: string
  /** Lines of one incident on one device share it; see `Match.group`. */
  readonly group?: string
  /** Overrides of the reason's own values for this rule alone. */
  readonly severity?: Severity
  /** Severity when the device is no part of the machine; see `detect/host/block-devices.ts`. */
  readonly detachable?: Severity
  readonly scope?: Scope
  readonly family?: string
  /** True: this line ends the reason instead of raising it. */
  readonly recovery: boolean
}

/** One NVIDIA Xid. `severity` `info` is a record; scope `application` is caused by, or limited to, a process. */
export interface XidRow {
  readonly code: number
  readonly name: string
  readonly severity: Severity
  readonly scope: Scope
  readonly action: string
}

/** One NVSwitch SXid. The severity word in the line wins unless `override`. */
export interface SxidRow {
  readonly code: number
  readonly name: string
  readonly severity: Severity
  readonly action: string
  readonly override?: boolean
  readonly marker?: boolean
}

/** One decode row of Xid 144–150: the interrupt word must fit either layout, then the status word must equal. */
export interface Nvlink5Row {
  readonly xid: number
  readonly unit: string
  /** 32 characters of `0`, `1`, `-` (any), most significant first; before driver R575 and from R575. */
  readonly intrV1: string
  readonly intrV2: string
  /** Hex status word, or absent where any will do. */
  readonly status?: string
  readonly severity: Severity
  readonly action: string
  /** A word that fits one of these instead means `reset-gpu`. */
  readonly promoteV1?: string
  readonly promoteV2?: string
  /** Whom to look at when it comes again, e.g. `check-peer`. */
  readonly advice?: string
}

/** SXid numbers whose meaning changed: in `from`–`to`, a text that holds one of `texts` means the number plus `by`. */
export interface MovedSxids {
  readonly from: number
  readonly to: number
  readonly texts: readonly string[]
  readonly by: number
}

/** What the numbers of one incident mean together; the first that fits wins. */
export interface CompositeRule {
  readonly name: string
  /** Every one of these Xids is in the incident. */
  readonly all: readonly number[]
  /** And at least one of these, where given. */
  readonly any?: readonly number[]
  /** And nothing but the Xids named here. */
  readonly alone?: boolean
  readonly action: string
  readonly advice: string
}

export interface CompiledTables {
  /** Ascending by code, as `sxids`. */
  readonly xids: readonly XidRow[]
  readonly composites: readonly CompositeRule[]
  readonly sxids: readonly SxidRow[]
  readonly moved: readonly MovedSxids[]
  readonly nvlink5: readonly Nvlink5Row[]
  /** Severity of an Xid or SXid that no row names. */
  readonly unknown: Severity
}

/** For catalogues without NVIDIA rules: rule packs on their own, tests. */
export const noTables: CompiledTables = {
  xids: [],
  composites: [],
  sxids: [],
  moved: [],
  nvlink5: [],
  unknown: 'warning',
}
