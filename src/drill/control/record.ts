/** FaultDrill objects ↔ drills. Pure. */
import { parseDuration } from '../../catalog/duration.ts'
import type { KubeObject, OwnerReference } from '../../kube/api.ts'
import { shownText } from '../../model/shown.ts'
import type { Drill } from '../plan/drill.ts'
import type { Subject } from '../plan/subjects.ts'
import { type DrillResult, firstFailure } from '../score/score.ts'
import { type DrillSpec, type DrillStatus, drillSpec } from './schema.ts'

export interface FaultDrillObject extends KubeObject {
  readonly spec?: unknown
  readonly status?: DrillStatus
}

/** Its spec with the defaults, or what is wrong with it. */
export function readSpec({ spec }: FaultDrillObject): { readonly spec: DrillSpec } | { readonly wrong: string } {
  const parsed = drillSpec.safeParse(spec)
  if (parsed.success) return { spec: parsed.data }
  const [issue] = parsed.error.issues
  return { wrong: `spec.${issue?.path.join('.')}: ${issue?.message}` }
}

/** The drill of this object: one UID, one id, so that whoever takes it over finds its Job again. */
export function drillOf({ metadata }: FaultDrillObject, spec: DrillSpec, subject: Subject, node: string): Drill {
  return { id: drillId(metadata.uid), node, mode: spec.mode, forMs: parseDuration(spec.for) ?? 0, subject }
}

export function drillId(uid = ''): string {
  return `f${uid
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')
    .slice(0, 12)}`
}

export function ownerOf({ metadata }: FaultDrillObject): OwnerReference {
  const { name = '', uid = '' } = metadata
  return { apiVersion: 'nodemend.dev/v1alpha1', kind: 'FaultDrill', name, uid }
}

/** How long beyond the fault's own time whoever runs it may need: the pod's start, the repair, the clean-up. */
const marginMs = 10 * 60_000

export function runningStatus(drill: Drill, holder: string, now: number): DrillStatus {
  const { id: drillID, node: nodeName, forMs } = drill
  const startedAt = new Date(now).toISOString()
  return {
    phase: 'Running',
    drillID,
    holder,
    nodeName,
    startedAt,
    endsBy: new Date(now + forMs + marginMs).toISOString(),
  }
}

/** Most entries and characters that the CRD takes. */
const most = 32
const longest = 1024

export function finishedStatus(before: DrillStatus, result: DrillResult, now: number): DrillStatus {
  const message = firstFailure(result)
  const cut = (texts: readonly string[]): string[] => texts.slice(0, most).map((one) => shownText(one, longest))
  return {
    ...before,
    phase: 'Finished',
    finishedAt: new Date(now).toISOString(),
    passed: result.passed,
    ...(message !== undefined && { message: shownText(message, longest) }),
    stages: result.stages.map((one) => ({ ...one, what: shownText(one.what, longest) })),
    falseFindings: cut(result.falseFindings),
    beside: cut(result.beside),
  }
}

/** Nothing was injected, or whoever ran it has gone. */
export function failedStatus(before: DrillStatus, message: string, now: number): DrillStatus {
  const finishedAt = new Date(now).toISOString()
  return { ...before, phase: 'Finished', finishedAt, passed: false, message: shownText(message, longest) }
}

/** What is to be done with the object now. */
export type Due = 'begin' | 'give up' | 'delete' | 'nothing'

/** Pure: the next step, by the object alone. */
export function dueOf(object: FaultDrillObject, now: number): Due {
  const { status = {}, metadata } = object
  if (metadata.deletionTimestamp !== undefined) return 'nothing'
  if (status.phase === undefined) return 'begin'
  if (status.phase === 'Running') return Date.parse(status.endsBy ?? '') < now ? 'give up' : 'nothing'
  const read = readSpec(object)
  const keepMs = ('spec' in read ? parseDuration(read.spec.keepFor) : undefined) ?? 0
  return Date.parse(status.finishedAt ?? '') + keepMs < now ? 'delete' : 'nothing'
}
