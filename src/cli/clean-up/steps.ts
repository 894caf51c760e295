/**
 * Takes what agent and controller left in a cluster out of it, for an uninstall. Each step can be repeated, and none waits
 * longer than the deadline.
 */
import { fieldManager } from '../../detect/report/node-status.ts'
import { type Api, type KubeObject, leases, nodeHealths, nodeRepairs, nodes, pods } from '../../kube/api.ts'
import { isKubeError } from '../../kube/errors.ts'
import { deleteObject, getObject, listObjects, patchObject } from '../../kube/objects.ts'
import { acknowledgedKey } from '../../model/acknowledgement.ts'
import { requestedCondition } from '../../model/condition.ts'
import type { Taint } from '../../model/node.ts'
import { isOwnLifecycle } from '../../model/node-lifecycle.ts'
import { isBeforeCommit, type Phase } from '../../model/repair.ts'
import { clearTaint, isOwnTaint } from '../../repair/act/taint.ts'
import { guardFinalizer } from '../../repair/attempt/codec.ts'
import { deployments } from '../../repair/observe/karpenter-repair.ts'
import { pausedKey } from '../../repair/observe/pause.ts'
import { type Clock, sleep } from '../../telemetry/clock.ts'
import { daemonSets } from './rights.ts'

export interface CleanUp {
  readonly api: Api
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Where the programs and their lease are. */
  readonly namespace: string
  readonly leaseName: string
  /** Value of the label app.kubernetes.io/instance. */
  readonly instance: string
  /** Monotonic milliseconds. */
  readonly deadline: number
}

export interface Step {
  /** For people, as the beginning of a line: `conditions and taints`. */
  readonly name: string
  /** Resolves to what was done; rejects with what the API server answered. */
  readonly run: (cleanUp: CleanUp) => Promise<string>
}

/** Between two looks at something that ends. */
const pollMs = 1_000
/** A controller cancels within a second or two; one that is gone never does. */
const cancelMs = 20_000
/** Pods end within their grace, except for those on nodes that are away. */
const endMs = 45_000
/** Calls at a time: 5,000 nodes take about 15 s. */
const width = 8
const callMs = 10_000

/** In this order: the controller itself cancels what it can, and nobody writes while the rest is removed. */
export const steps: readonly Step[] = [
  { name: 'new repairs', run: pause },
  { name: 'open repairs', run: cancelRepairs },
  { name: 'programs', run: endPrograms },
  { name: 'nodes', run: cleanNodes },
  { name: 'reports', run: deleteReports },
  { name: 'finalisers', run: freeRepairs },
  { name: 'lease', run: deleteLease },
]

async function pause({ api, namespace, leaseName }: CleanUp): Promise<string> {
  const metadata = { annotations: { [pausedKey]: 'nodemend clean-up: uninstalling' } }
  const patch = patchObject(
    api,
    leases,
    { namespace, name: leaseName },
    { metadata },
    { type: 'merge', timeoutMs: callMs },
  )
  return (await orAbsent(patch)) === undefined ? 'no controller leads' : 'paused'
}

interface RepairObject extends KubeObject {
  readonly status?: { readonly phase?: Phase }
}

/** Deletes what has not begun with a provider: the controller then puts everything back. */
async function cancelRepairs({ api, clock, signal, deadline }: CleanUp): Promise<string> {
  const open = (await guardedRepairs(api)).filter(({ status }) => isBeforeCommit(status?.phase ?? 'Pending'))
  for (const { metadata } of open) await orAbsent(deleteObject(api, nodeRepairs, { name: metadata.name ?? '' }))
  const names = new Set(open.map(({ metadata }) => metadata.name))
  const left = await until(clock, signal, Math.min(deadline, clock.monotonic() + cancelMs), async () => {
    const guarded = names.size === 0 ? [] : await guardedRepairs(api)
    return guarded.filter(({ metadata }) => names.has(metadata.name)).length
  })
  return left === 0 ? `${open.length} cancelled` : `${left} of ${open.length} not cancelled by the controller`
}

async function endPrograms(cleanUp: CleanUp): Promise<string> {
  const { api, clock, signal, namespace, instance, deadline } = cleanUp
  const labelSelector = `app.kubernetes.io/instance=${instance},app.kubernetes.io/component in (agent,controller)`
  let ended = 0
  for (const resource of [daemonSets, deployments]) {
    const { items } = await listObjects<KubeObject>(api, resource, { namespace, labelSelector })
    for (const { metadata } of items) {
      const ref = { namespace, name: metadata.name ?? '' }
      await orAbsent(deleteObject(api, resource, ref, { propagationPolicy: 'Background' }))
      ended++
    }
  }
  const left = await until(clock, signal, Math.min(deadline, clock.monotonic() + endMs), async () => {
    const { items } = await listObjects<KubeObject>(api, pods, { namespace, labelSelector })
    return items.length
  })
  return left === 0 ? `${ended} ended` : `${ended} deleted; ${left} of their pods have not ended`
}

interface ManagedFields {
  readonly manager?: string
  readonly fieldsV1?: { readonly 'f:status'?: { readonly 'f:conditions'?: Readonly<Record<string, unknown>> } }
}

interface MarkedNode extends KubeObject {
  readonly metadata: KubeObject['metadata'] & {
    readonly managedFields?: readonly ManagedFields[]
  }
  readonly spec?: { readonly taints?: readonly Taint[] }
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly reason?: string }[] }
}

interface Marks {
  readonly name: string
  /** Types that the agent owns, and nobody else; life-cycle conditions that the controller wrote. */
  readonly conditions: readonly string[]
  readonly taint: boolean
  readonly acknowledged: boolean
}

async function cleanNodes({ api, clock, deadline }: CleanUp): Promise<string> {
  const { items } = await listObjects<Marks, MarkedNode>(api, nodes, { project: marksOf })
  const marked = items.filter((one) => one.conditions.length > 0 || one.taint || one.acknowledged)
  const queue = [...marked]
  const errors: Error[] = []
  const work = async (): Promise<void> => {
    for (let node = queue.shift(); node !== undefined; node = queue.shift()) {
      if (clock.monotonic() > deadline) errors.push(new Error('the time is up'))
      else await cleanNode(api, node).catch((error: Error) => errors.push(error))
    }
  }
  await Promise.all(Array.from({ length: width }, work))
  const [first] = errors
  if (first) throw new Error(`${errors.length} of ${marked.length} keep their marks: ${first.message}`)
  return `${marked.length} of ${items.length} had conditions, taints or acknowledgements`
}

function marksOf({ metadata, spec, status }: MarkedNode): Marks {
  const { name = '', managedFields = [], annotations = {} } = metadata
  const there = status?.conditions?.map(({ type }) => type) ?? []
  const ours = ownedBy(managedFields, true).filter((type) => there.includes(type))
  const others = ownedBy(managedFields, false)
  const written = status?.conditions?.filter(isOfController).map(({ type }) => type) ?? []
  return {
    name,
    conditions: [...ours.filter((type) => !others.includes(type)), ...written],
    taint: spec?.taints?.some(isOwnTaint) ?? false,
    acknowledged: acknowledgedKey in annotations,
  }
}

/** Conditions that the controller writes. */
function isOfController(condition: { readonly type: string; readonly reason?: string }): boolean {
  return isOwnLifecycle(condition) || condition.type === requestedCondition
}

/** Types of conditions that belong to our field manager, or to any other. */
function ownedBy(all: readonly ManagedFields[], ours: boolean): readonly string[] {
  return all
    .filter(({ manager }) => (manager === fieldManager) === ours)
    .flatMap(({ fieldsV1 }) => Object.keys(fieldsV1?.['f:status']?.['f:conditions'] ?? {}))
    .flatMap((key) => /^k:\{"type":"([^"]+)"\}$/.exec(key)?.[1] ?? [])
}

async function cleanNode(api: Api, { name, conditions, taint, acknowledged }: Marks): Promise<void> {
  if (conditions.length > 0) {
    // An apply of nothing would do, but for conditions that have no owner: where ours are the only owned ones, it takes them along.
    const deletions = conditions.map((type) => ({ type, $patch: 'delete' }))
    const options = { type: 'strategic', subresource: 'status', timeoutMs: callMs } as const
    await orAbsent(patchObject(api, nodes, { name }, { status: { conditions: deletions } }, options))
  }
  if (taint) await clearTaint(api, name)
  if (acknowledged) {
    const patch = { metadata: { annotations: { [acknowledgedKey]: null } } }
    await orAbsent(patchObject(api, nodes, { name }, patch, { type: 'merge', timeoutMs: callMs }))
  }
}

async function deleteReports({ api }: CleanUp): Promise<string> {
  const found = await orAbsent(
    listObjects<string, KubeObject>(api, nodeHealths, { project: ({ metadata }) => metadata.name ?? '' }),
  )
  const queue = [...(found?.items ?? [])]
  const work = async (): Promise<void> => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift())
      await orAbsent(deleteObject(api, nodeHealths, { name }, { timeoutMs: callMs }))
  }
  await Promise.all(Array.from({ length: width }, work))
  return `${found?.items.length ?? 0} NodeHealths deleted`
}

/** The records stay, without what would keep somebody from deleting them. */
async function freeRepairs({ api }: CleanUp): Promise<string> {
  const guarded = await guardedRepairs(api)
  for (const { metadata } of guarded) await free(api, metadata.name ?? '')
  return `${guarded.length} removed`
}

async function free(api: Api, name: string): Promise<void> {
  const found = await orAbsent(getObject<KubeObject>(api, nodeRepairs, { name }))
  if (!found) return
  const { resourceVersion, finalizers = [] } = found.metadata
  const patch = { metadata: { resourceVersion, finalizers: finalizers.filter((one) => one !== guardFinalizer) } }
  await orAbsent(patchObject(api, nodeRepairs, { name }, patch, { type: 'merge', timeoutMs: callMs }))
}

/** It holds the pause of the first step, which would hold up a new installation. */
async function deleteLease({ api, namespace, leaseName }: CleanUp): Promise<string> {
  await orAbsent(deleteObject(api, leases, { namespace, name: leaseName }))
  return 'deleted'
}

/** Empty where the definitions are gone, and the records with them. */
async function guardedRepairs(api: Api): Promise<readonly RepairObject[]> {
  const list = await orAbsent(listObjects<RepairObject>(api, nodeRepairs))
  return (list?.items ?? []).filter(({ metadata }) => metadata.finalizers?.includes(guardFinalizer))
}

async function orAbsent<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (isKubeError(error, 'NM_KUBE_NOT_FOUND')) return undefined
    throw error
  }
}

/** Asks until the answer is 0 or the time is up; resolves to the last answer. */
async function until(
  clock: Clock,
  signal: AbortSignal,
  deadline: number,
  count: () => Promise<number>,
): Promise<number> {
  for (;;) {
    const left = await count()
    if (left === 0 || clock.monotonic() >= deadline || signal.aborted) return left
    await sleep(clock, pollMs, signal)
  }
}
