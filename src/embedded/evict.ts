/** `pods/<name>/eviction`: deletion that disruption budgets can refuse (spec: Kubernetes policy/v1). */
import { type Cluster, type ObjectAddress, plainWrite, timestamp, type WriteOptions } from './cluster.ts'
import { type DeleteOptions, deleteObject, readDeleteOptions, requirePreconditions } from './delete.ts'
import { ApiFailure, badRequest, type Cause, forbidden, tooManyRequests } from './failure.ts'
import { type ApiObject, at, isObject, type Json, type JsonObject, listAt, numberAt, textAt, withAt } from './json.ts'
import { builtinKind, type ServedKind, storageKey } from './kinds.ts'
import { isTerminating } from './rules/plain.ts'
import { objectSelector } from './selector.ts'
import { objectKey } from './store.ts'
import { liveObject } from './write.ts'

/** Limit of evictions that the disruption controller has not confirmed; more are refused. */
const maxDisruptedPods = 2_000
const retrySeconds = 10
const refusal = "Cannot evict pod as it would violate the pod's disruption budget."

/** Evicts; the answer is a Success status. Throws 400, 403, 404, 409, 429 or 500. */
export function evictPod(
  cluster: Cluster,
  address: ObjectAddress,
  body: Json,
  write: WriteOptions = plainWrite,
): JsonObject {
  const named = textAt(body, 'metadata', 'name')
  if (!isObject(body) || (named !== '' && named !== address.name)) {
    throw badRequest('name in URL does not match name in Eviction object')
  }
  refuseInTerminatingNamespace(cluster, address)
  const fromBody = readDeleteOptions(at(body, 'deleteOptions') ?? undefined, new URLSearchParams())
  const options: DeleteOptions = { ...fromBody, dryRun: fromBody.dryRun || write.dryRun }
  const pod = liveObject(cluster, address)
  if (!needsNoBudget(pod)) spendBudget(cluster, pod, options)
  requirePreconditions(pod, address, options)
  if (!options.dryRun) markDisrupted(cluster, address.kind, pod)
  deleteObject(cluster, address, { ...options, resourceVersion: undefined })
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }
}

function refuseInTerminatingNamespace(cluster: Cluster, address: ObjectAddress): void {
  const namespace = cluster.store.get('namespaces', objectKey(undefined, address.namespace ?? ''))
  if (!namespace || !isTerminating(namespace)) return
  const name = address.namespace ?? ''
  const why = `unable to create new content in namespace ${name} because it is being terminated`
  throw forbidden(address.kind, address.name, why, [
    { reason: 'NamespaceTerminating', message: `namespace ${name} is being terminated`, field: 'metadata.namespace' },
  ])
}

/** Pods that are finished, deleted or not started: no budget protects them. */
function needsNoBudget(pod: ApiObject): boolean {
  const phase = textAt(pod, 'status', 'phase')
  return ['Succeeded', 'Failed', 'Pending'].includes(phase) || pod.metadata.deletionTimestamp !== undefined
}

/** Takes one disruption from the pod's budget, or throws why it cannot. */
function spendBudget(cluster: Cluster, pod: ApiObject, options: DeleteOptions): void {
  const kind = builtinKind('poddisruptionbudgets')
  const labels = pod.metadata.labels ?? {}
  const budgets = cluster.store
    .list(storageKey(kind), pod.metadata.namespace)
    .filter((budget) => objectSelector(at(budget, 'spec', 'selector'))(labels))
  const [budget, second] = budgets
  if (second) {
    const message = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.'
    throw new ApiFailure(500, '', message)
  }
  if (!budget || freeOfBudget(pod, budget)) return
  const next = decrement(cluster, kind, pod, budget)
  if (!options.dryRun) cluster.store.put(storageKey(kind), next)
}

/** True when the budget lets an unready pod go, because it does not count as available. */
function freeOfBudget(pod: ApiObject, budget: ApiObject): boolean {
  const ready = listAt(pod, 'status', 'conditions').some((one) => one.type === 'Ready' && one.status === 'True')
  if (ready) return false
  if (at(budget, 'spec', 'unhealthyPodEvictionPolicy') === 'AlwaysAllow') return true
  const desired = numberAt(budget, 'status', 'desiredHealthy')
  return desired > 0 && numberAt(budget, 'status', 'currentHealthy') >= desired
}

function decrement(cluster: Cluster, kind: ServedKind, pod: ApiObject, budget: ApiObject): ApiObject {
  const { name, generation = 0 } = budget.metadata
  if (numberAt(budget, 'status', 'observedGeneration') < generation) {
    const message = `The disruption budget ${name} is still being processed by the server.`
    throw tooManyRequests(refusal, [{ reason: 'DisruptionBudget', message }], retrySeconds)
  }
  const allowed = numberAt(budget, 'status', 'disruptionsAllowed')
  const subject = { ...kind, plural: 'poddisruptionbudget' }
  if (allowed < 0) throw forbidden(subject, name, 'pdb disruptions allowed is negative')
  const disrupted = at(budget, 'status', 'disruptedPods')
  const pending = isObject(disrupted) ? disrupted : {}
  if (Object.keys(pending).length > maxDisruptedPods) {
    const why = 'DisruptedPods map too big - too many evictions not confirmed by PDB controller'
    throw forbidden(subject, name, why)
  }
  if (allowed === 0) throw tooManyRequests(refusal, [exhausted(budget)], 0)
  const disruptedPods = { ...pending, [pod.metadata.name]: timestamp(cluster.clock) }
  const listed = withAt(budget, ['status', 'disruptedPods'], disruptedPods)
  const spent = withAt(listed, ['status', 'disruptionsAllowed'], allowed - 1)
  return allowed > 1 ? spent : withoutRoom(cluster, spent)
}

/** Sets the budget's condition after its last allowed disruption, before its controller does. */
function withoutRoom(cluster: Cluster, budget: ApiObject): ApiObject {
  const others = listAt(budget, 'status', 'conditions').filter((one) => one.type !== 'DisruptionAllowed')
  const condition = {
    type: 'DisruptionAllowed',
    status: 'False',
    observedGeneration: numberAt(budget, 'status', 'observedGeneration'),
    lastTransitionTime: timestamp(cluster.clock),
    reason: 'InsufficientPods',
    message: '',
  }
  return withAt(budget, ['status', 'conditions'], [...others, condition] as Json) // conditions are plain JSON
}

function exhausted(budget: ApiObject): Cause {
  const { name } = budget.metadata
  const needed = numberAt(budget, 'status', 'desiredHealthy')
  const healthy = numberAt(budget, 'status', 'currentHealthy')
  const condition = listAt(budget, 'status', 'conditions').find((one) => one.type === 'DisruptionAllowed')
  const said = condition?.status === 'False' ? textAt(condition, 'message') : ''
  if (said !== '' && condition?.reason === 'SyncFailed') {
    const message = `The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${said}`
    return { reason: 'DisruptionBudget', message }
  }
  if (healthy <= needed) {
    const message = `The disruption budget ${name} needs ${needed} healthy pods and has ${healthy} currently`
    return { reason: 'DisruptionBudget', message }
  }
  const why = said === '' ? '' : ` (${textAt(condition, 'reason')}): ${said}`
  return {
    reason: 'DisruptionBudget',
    message: `The disruption budget ${name} does not allow evicting pods currently${why}`,
  }
}

/** Sets the condition DisruptionTarget before the deletion. */
function markDisrupted(cluster: Cluster, kind: ServedKind, pod: ApiObject): void {
  const conditions = listAt(pod, 'status', 'conditions').filter((one) => one.type !== 'DisruptionTarget')
  const condition: JsonObject = {
    type: 'DisruptionTarget',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: timestamp(cluster.clock),
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  }
  cluster.store.put(storageKey(kind), withAt(pod, ['status', 'conditions'], [...conditions, condition] as Json))
}
