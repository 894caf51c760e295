/** A modelled disruption controller: keeps the status of PodDisruptionBudgets, which evictions read and write. */
import { type Cluster, timestamp } from '../cluster.ts'
import { type ApiObject, at, isObject, type Json, type JsonObject, numberAt, withAt } from '../json.ts'
import { builtinKind } from '../kinds.ts'
import { objectSelector } from '../selector.ts'
import { controllerOf, isFinished, isReady, withCondition } from './conditions.ts'
import { addressOf, type Model, ModelClient, Reconciler } from './reconciler.ts'

const budgets = builtinKind('poddisruptionbudgets')
const pods = builtinKind('pods')
const scalable = ['replicasets', 'deployments', 'statefulsets'].map(builtinKind)
/** Milliseconds after which an eviction without a deletion no longer counts. */
const forgetAfterMs = 120_000

export function startDisruption(cluster: Cluster): Model {
  const client = new ModelClient(cluster, 'kube-controller-manager')
  const reconciler: Reconciler = new Reconciler(cluster, [budgets, pods, ...scalable], () => {
    let again = Number.POSITIVE_INFINITY
    for (const budget of client.list(budgets)) {
      const verdict = judge(cluster, client, budget)
      client.update(addressOf(budgets, budget, 'status'), (live) => stated(cluster, live, verdict))
      for (const stamp of Object.values(verdict.disrupted)) {
        again = Math.min(again, Date.parse(stamp) + forgetAfterMs - cluster.clock.now())
      }
    }
    if (again !== Number.POSITIVE_INFINITY) reconciler.wake(Math.max(1, again))
  })
  return reconciler
}

interface Verdict {
  readonly expected: number
  readonly healthy: number
  readonly desired: number
  readonly disrupted: Readonly<Record<string, string>>
}

function judge(cluster: Cluster, client: ModelClient, budget: ApiObject): Verdict {
  const { namespace } = budget.metadata
  const matches = objectSelector(at(budget, 'spec', 'selector'))
  const mine = client.list(pods, namespace).filter((pod) => !isFinished(pod) && matches(pod.metadata.labels ?? {}))
  const disrupted = stillDisrupted(cluster, budget, mine)
  const counted = mine.filter(
    (pod) => isReady(pod) && pod.metadata.deletionTimestamp === undefined && !(pod.metadata.name in disrupted),
  )
  const expected = expectedCount(client, budget, mine)
  return { expected, healthy: counted.length, desired: desiredCount(budget, expected), disrupted }
}

function stillDisrupted(cluster: Cluster, budget: ApiObject, mine: readonly ApiObject[]): Record<string, string> {
  const known = at(budget, 'status', 'disruptedPods')
  const present = new Map(mine.map((pod) => [pod.metadata.name, pod]))
  const out: Record<string, string> = {}
  for (const [name, stamp] of Object.entries(isObject(known) ? known : {})) {
    const pod = present.get(name)
    const recent = cluster.clock.now() - Date.parse(String(stamp)) < forgetAfterMs
    if (pod && pod.metadata.deletionTimestamp === undefined && recent) out[name] = String(stamp)
  }
  return out
}

/** How many pods there should be: the owners' replicas, or with a plain number in `minAvailable` the pods themselves. */
function expectedCount(client: ModelClient, budget: ApiObject, mine: readonly ApiObject[]): number {
  const least = at(budget, 'spec', 'minAvailable')
  if (typeof least === 'number') return mine.length
  if (least === undefined && at(budget, 'spec', 'maxUnavailable') === undefined) return 0 // the budget names no limit
  const owners = new Map<string, number>()
  for (const pod of mine) {
    const reference = controllerOf(pod)
    const owner = reference && scalableOwner(client, reference, budget.metadata.namespace)
    if (owner) owners.set(owner.metadata.uid ?? '', numberAt(owner, 'spec', 'replicas'))
  }
  return [...owners.values()].reduce((sum, replicas) => sum + replicas, 0)
}

/** The outermost owner that has a scale: a Deployment rather than its ReplicaSet. */
function scalableOwner(
  client: ModelClient,
  reference: JsonObject,
  namespace: string | undefined,
): ApiObject | undefined {
  const kind = scalable.find((one) => one.kind === reference.kind)
  const owner = kind && client.get(kind, String(reference.name), namespace)
  const above = owner && controllerOf(owner)
  return above ? (scalableOwner(client, above, namespace) ?? owner) : owner
}

function desiredCount(budget: ApiObject, expected: number): number {
  const least = at(budget, 'spec', 'minAvailable')
  const most = at(budget, 'spec', 'maxUnavailable')
  if (most !== undefined) return Math.max(0, expected - scaled(most, expected))
  return least === undefined ? 0 : scaled(least, expected)
}

/** A number, or a percentage of `total` rounded up. */
function scaled(value: Json, total: number): number {
  if (typeof value === 'number') return value
  return Math.ceil((Number.parseInt(String(value), 10) * total) / 100)
}

function stated(cluster: Cluster, budget: ApiObject, verdict: Verdict): ApiObject {
  const allowed = Math.max(0, verdict.expected > 0 ? verdict.healthy - verdict.desired : 0)
  const before = at(budget, 'status')
  const status: Record<string, Json> = {
    ...(isObject(before) ? (before as Record<string, Json>) : {}), // stored, so without undefined fields
    expectedPods: verdict.expected,
    currentHealthy: verdict.healthy,
    desiredHealthy: verdict.desired,
    disruptionsAllowed: allowed,
    observedGeneration: budget.metadata.generation ?? 1,
  }
  if (Object.keys(verdict.disrupted).length > 0) status.disruptedPods = verdict.disrupted
  else delete status.disruptedPods
  const next = withAt(budget, ['status'], status)
  const reason = allowed > 0 ? 'SufficientPods' : 'InsufficientPods'
  const fact = { type: 'DisruptionAllowed', status: allowed > 0 ? 'True' : 'False', reason, message: '' } as const
  const observedGeneration = budget.metadata.generation ?? 1
  return withCondition(next, { ...fact, observedGeneration }, timestamp(cluster.clock))
}
