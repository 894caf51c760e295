/**
 * The conditions of the node problem detector that others act on, derived from our findings: `--conditions npd`. True is
 * bad there, as in its own configuration (config/*.json of kubernetes/node-problem-detector).
 */
import {
  type ConditionStatus,
  type ConditionType,
  type NodeCondition,
  type NpdConditionType,
  npdConditionTypes,
} from '../../model/condition.ts'
import type { Severity } from '../../model/finding.ts'
import { rfc3339Seconds } from '../../telemetry/rfc3339.ts'
import { describe } from '../lifecycle/condition.ts'
import { cutText } from '../lifecycle/cut-text.ts'
import { type Settings, severityRank } from '../lifecycle/settings.ts'
import type { Finding, LifecycleState } from '../lifecycle/state.ts'

interface Derived {
  /** Reasons of the catalogue that make it True. */
  readonly reasons: readonly string[]
  /** From this severity on: who reads the condition replaces the node. */
  readonly least: Severity
  /** Our condition that says whether anybody looks. */
  readonly by: ConditionType
  /** Its text while it is False. */
  readonly well: { readonly reason: string; readonly message: string }
}

/** The one table. A soft lockup is fatal once it lasts for minutes; a task that merely waits is none. */
export const npdConditions: Readonly<Record<NpdConditionType, Derived>> = {
  KernelDeadlock: {
    reasons: ['HardLockup', 'SoftLockup'],
    least: 'fatal',
    by: 'KernelReady',
    well: { reason: 'KernelHasNoDeadlock', message: 'kernel has no deadlock' },
  },
  ReadonlyFilesystem: {
    reasons: ['FilesystemReadOnly'],
    least: 'fatal',
    by: 'StorageReady',
    well: { reason: 'FilesystemIsNotReadOnly', message: 'Filesystem is not read-only' },
  },
  FrequentKubeletRestart: {
    reasons: ['KubeletRepeatedRestart'],
    least: 'warning',
    by: 'ContainerRuntimeReady',
    well: { reason: 'NoFrequentKubeletRestart', message: 'kubelet is functioning properly' },
  },
  FrequentContainerdRestart: {
    reasons: ['ContainerdRepeatedRestart'],
    least: 'warning',
    by: 'ContainerRuntimeReady',
    well: { reason: 'NoFrequentContainerdRestart', message: 'containerd is functioning properly' },
  },
}

const longestMessage = 1024

/** Since when a condition has its status, wall-clock milliseconds. */
type Since = { readonly status: ConditionStatus; readonly since: number }

export class NpdConditions {
  readonly #since: Map<string, Since>

  /** `base`: what an earlier process said, see {@link base}. */
  constructor(base: unknown) {
    this.#since = new Map(
      Object.entries((base ?? {}) as Readonly<Record<string, Since>>).filter(([, one]) => isSince(one)),
    )
  }

  /** The transition times, for the process after this one. Plain data. */
  get base(): Readonly<Record<string, Since>> {
    return Object.fromEntries(this.#since)
  }

  /** The four conditions now. A time of transition moves only with a status. */
  conditions(
    state: Pick<LifecycleState, 'findings' | 'conditions'>,
    settings: Settings,
    wallNow: number,
  ): readonly NodeCondition[] {
    return npdConditionTypes.map((type) => {
      const said = judge(type, state, settings)
      const before = this.#since.get(type)
      const since = before?.status === said.status ? before.since : wallNow
      this.#since.set(type, { status: said.status, since })
      const times = {
        lastHeartbeatTime: rfc3339Seconds(wallNow),
        lastTransitionTime: rfc3339Seconds(Math.min(since, wallNow)),
      }
      return { type, ...said, ...times }
    })
  }
}

function judge(
  type: NpdConditionType,
  { findings, conditions }: Pick<LifecycleState, 'findings' | 'conditions'>,
  settings: Settings,
): Pick<NodeCondition, 'status' | 'reason' | 'message'> {
  const { by, well } = npdConditions[type]
  const causes = [...findings.values()].filter((one) => isCause(one, type, settings))
  const [cause] = causes.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
  if (cause) return { status: 'True', reason: cause.leader.reason, message: cutText(describe(cause), longestMessage) }
  const { status, reason, message } = conditions[by]
  return status === 'Unknown' ? { status, reason, message } : { status: 'False', ...well }
}

/** Others act on it without our policies: a drill that only observes, and what a person has acknowledged, are no cause. */
function isCause(finding: Finding, type: NpdConditionType, settings: Settings): boolean {
  const { leader, raisedAt, acknowledged, drill, companions } = finding
  const { reasons, least } = npdConditions[type]
  const named = reasons.includes(leader.entry) || reasons.some((reason) => companions.includes(reason))
  if (raisedAt === undefined || !named || acknowledged !== undefined || drill?.mode === 'Observe') return false
  const severity = settings.severityOf(leader, finding)
  return severity !== undefined && severityRank[severity] >= severityRank[least]
}

function isSince(one: unknown): boolean {
  const { status, since } = (one ?? {}) as Partial<Since>
  return Number.isFinite(since) && (status === 'True' || status === 'False' || status === 'Unknown')
}
