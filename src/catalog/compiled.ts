/**
 * The catalogue in the agent's memory: only what detection and the life cycle need. `load.ts` creates it from YAML; the
 * build writes it as one JSON file beside the agent's bundle.
 */
import type { Remedy } from '../model/action.ts'
import type { ConditionType } from '../model/condition.ts'
import type { LogName } from '../model/evidence.ts'
import type { Scope, Severity } from '../model/finding.ts'
import type { Service } from '../model/on-node/order.ts'

/** Increase this when the meaning of a field changes; a bundle refuses a file with another version. */
export const compiledVersion = 2

export interface CompiledCatalogue {
  readonly version: typeof compiledVersion
  readonly reasons: readonly CompiledReason[]
  readonly rules: readonly CompiledRule[]
  /** NVIDIA Xid and SXid tables and NVLink 5 decode rows; see `tables.ts`. */
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
  /** How a monitor measures it; absent when a log shows it or the agent itself raises it. */
  readonly probe?: CompiledProbe
  /** How to check whether the fault is still present; absent when no check exists. See `detect/host/lasting.ts`. */
  readonly lasts?: LastsCheck
  /** The suggested repair; the condition's message names it. */
  readonly repair: Remedy
  /** What `RestartService` restarts; present with that repair alone. */
  readonly service?: Service
}

/** Checks whether a logged fault is still present, by the finding's device. */
export const lastsChecks = ['pci-device-lost', 'mount-read-only', 'nvme-dead', 'array-degraded'] as const
export type LastsCheck = (typeof lastsChecks)[number]

/** A measured reason: a value of a monitor with a limit. */
export interface CompiledProbe {
  readonly monitor: string
  /** A value that the monitor declares. */
  readonly value: string
  /** The unhealthy side of the limit. */
  readonly side: 'above' | 'below'
  /** The limit beyond which the reason is raised, in the unit of the value. */
  readonly limit: number
  /** The limit at which it clears. Between the two nothing changes. */
  readonly clear: number
  /** The message for people, with `{value}` and the parts that the monitor gives. */
  readonly message: string
  /** Severity when the device is not part of the machine; see `detect/host/block-devices.ts`. */
  readonly detachable?: Severity
}

/** How a reason becomes a finding and how the finding ends. All times in milliseconds. */
export interface Lifecycle {
  /**
   * A log's reason is raised after `count` matching lines within `withinMs` (same reason and device), a measured one
   * after `forMs` over its limit; absent: at once.
   */
  readonly raise: { readonly count: number; readonly withinMs: number; readonly forMs?: number }
  /** Minimum time raised, which keeps a condition from flapping. */
  readonly holdMs: number
  /** Ends it after this time without a line; absent when silence proves nothing. */
  readonly clearAfterMs?: number
  /** A new boot ends it. */
  readonly clearedByBoot: boolean
  /** Ends it after this time in any case, counted from the newest line; absent: only clearing ends it. */
  readonly expireMs?: number
}

/** One way to detect a reason in a log. Several rules can name the same reason. */
export interface CompiledRule {
  /** `<reason>/<n>`, n counting from 1. */
  readonly name: string
  readonly reason: string
  /** The log whose lines the rule matches. */
  readonly source: LogName
  /** Journal units whose lines the rule matches; absent: all units. */
  readonly units?: readonly string[]
  /** Log files whose lines the rule matches, as `filePattern` in schema.ts allows them; every rule of the log `logfile` has some. */
  readonly files?: readonly string[]
  /** Literals for the prefilter; the line must contain at least one, in any letter case. */
  readonly contains: readonly string[]
  /** RE2 pattern with named groups, searched anywhere in the text; absent for a decoder. */
  readonly pattern?: string
  /** Literals that exclude the line. */
  readonly unless: readonly string[]
  /** Name of a decoder in code (`nvidia-xid`), for lines that a table explains. */
  readonly decode?: string
  /** Message template; `{group}` stands for a named group of the pattern. */
  readonly message?: string
  /** Template of the affected device, e.g. `{device}`. */
  readonly device?: string
  /** Short name of what the rule detects, or `{group}` for a number in the line. */
  readonly code?: string
  /** Shared by the lines of one incident on one device; see `Match.group`. */
  readonly group?: string
  /** Override the reason's own values for this rule. */
  readonly severity?: Severity
  /** Severity when the device is not part of the machine; see `detect/host/block-devices.ts`. */
  readonly detachable?: Severity
  readonly scope?: Scope
  readonly family?: string
  /** True: this line ends the reason instead of raising it. */
  readonly recovery: boolean
}

/** One NVIDIA Xid. Severity `info` is only recorded; scope `application` is caused by, or limited to, one process. */
export interface XidRow {
  readonly code: number
  readonly name: string
  readonly severity: Severity
  readonly scope: Scope
  readonly action: string
}

/** One NVSwitch SXid. The severity in the line takes precedence unless `override` is set. */
export interface SxidRow {
  readonly code: number
  readonly name: string
  readonly severity: Severity
  readonly action: string
  readonly override?: boolean
  readonly marker?: boolean
}

/** One decode row of Xid 144–150: the interrupt word must fit either layout and the status word must be equal. */
export interface Nvlink5Row {
  readonly xid: number
  readonly unit: string
  /**
   * 32 characters of `0`, `1`, `-` (any), most significant bit first. `intrV1` is for drivers before R575, `intrV2`
   * from R575.
   */
  readonly intrV1: string
  readonly intrV2: string
  /** Status word in hex; absent when any value fits. */
  readonly status?: string
  readonly severity: Severity
  readonly action: string
  /** An interrupt word that fits one of these means `reset-gpu`. */
  readonly promoteV1?: string
  readonly promoteV2?: string
  /** What to check when it occurs again, e.g. `check-peer`. */
  readonly advice?: string
}

/** SXid numbers whose meaning changed: in `from`–`to`, a text with one of `texts` means the number plus `by`. */
export interface MovedSxids {
  readonly from: number
  readonly to: number
  readonly texts: readonly string[]
  readonly by: number
}

/** What the numbers of one incident mean together; the first rule that fits decides. */
export interface CompositeRule {
  readonly name: string
  /** All of these Xids must be in the incident. */
  readonly all: readonly number[]
  /** And at least one of these, if given. */
  readonly any?: readonly number[]
  /** And no Xid beyond those named here. */
  readonly alone?: boolean
  readonly action: string
  readonly advice: string
}

export interface CompiledTables {
  /** Sorted by code, like `sxids`. */
  readonly xids: readonly XidRow[]
  readonly composites: readonly CompositeRule[]
  readonly sxids: readonly SxidRow[]
  readonly moved: readonly MovedSxids[]
  readonly nvlink5: readonly Nvlink5Row[]
  /** Severity of an Xid or SXid without a row. */
  readonly unknown: Severity
}

/** For catalogues without NVIDIA rules: single rule packs and tests. */
export const noTables: CompiledTables = {
  xids: [],
  composites: [],
  sxids: [],
  moved: [],
  nvlink5: [],
  unknown: 'warning',
}
