/**
 * One pass of the controller: from what the watch of nodes has seen to every decision, at three sizes of a cluster. The nodes are
 * those of a GPU fleet (40 labels, 16 conditions, one taint), one in a hundred is sick, and as many repairs are on record.
 * Pods do not count: a pass does not look at them, whatever their number.
 */
import { conditionTypes } from '../src/model/condition.ts'
import type { ClusterSnapshot } from '../src/model/node.ts'
import type { Policy } from '../src/model/policy.ts'
import type { Attempt } from '../src/model/repair.ts'
import { decide as decideAll } from '../src/repair/decide/decide.ts'
import { type NodeObject, SeenNodes, type WatchedNode } from '../src/repair/observe/seen.ts'
import { givenAttempt, givenPolicy, givenSnapshot, hour, minute, noon } from '../src/repair/testing/given.ts'
import type { Bench, Figures } from './bench.ts'
import { percentile, round } from './figures/statistics.ts'

const sizes = [1_000, 10_000, 100_000]
const passes = 15
/** One node in so many is sick, and one has had a repair. */
const sickEvery = 100

export const decide: Bench = {
  name: 'decide',
  summary: 'one pass of the controller over a cluster, and what one changed node costs',
  run({ options, log }) {
    const figures = (options.quick ? sizes.slice(0, 2) : sizes).map((size) => {
      log(`decide: ${size} nodes`)
      return [`nodes${size}`, measure(size, options.quick ? 3 : passes)] as const
    })
    return Promise.resolve(Object.fromEntries(figures))
  },
}

function measure(size: number, count: number): Figures {
  const seen = new SeenNodes()
  const watched = Array.from({ length: size }, (_, index) => see(seen, node(index)))
  const snapshot = givenSnapshot({ nodes: watched.map((one) => one.view), providers: ['karpenter'] })
  const records = recordsOf(snapshot)
  const pass = timesOf(count, (round) => decideAll(snapshot, policies, records, noon + round * minute).length)
  const change = timesOf(count * 10, (round) => see(seen, { ...node(round), ...changed(round) }).news)
  return {
    decisions: decideAll(snapshot, policies, records, noon).length,
    msPerPassP50: round(percentile(pass, 50), 1),
    msPerPassMost: round(percentile(pass, 100), 1),
    usPerPassAndNode: round((percentile(pass, 50) * 1_000) / size, 2),
    msPerChangedNodeP50: round(percentile(change, 50), 3),
    passes: pass.length,
  }
}

/** Milliseconds of CPU, so that other processes do not count. The first two calls do not count: V8 still compiles. */
function timesOf(count: number, run: (round: number) => unknown): number[] {
  const times = Array.from({ length: count + 2 }, (_, index) => {
    const before = process.cpuUsage()
    run(index)
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1_000
  })
  return times.slice(2)
}

function see(seen: SeenNodes, object: NodeObject): WatchedNode {
  const pools = [{ provider: 'karpenter', pool: object.metadata.labels?.[poolLabel] ?? '', can: ['Replace'] as const }]
  return seen.see(object, pools, noon)
}

const poolLabel = 'karpenter.sh/nodepool'

const policies: readonly Policy[] = conditionTypes.map((condition, index) =>
  givenPolicy({
    name: `policy-${index}`,
    mode: index % 2 ? 'Observe' : 'Enforce',
    nodeSelector: index === 0 ? { accelerator: 'gpu' } : {},
    match: [
      { condition, status: 'False' },
      { condition, status: 'Unknown' },
    ],
    tolerationMs: 10 * minute,
  }),
)

function node(index: number): NodeObject {
  const name = `ip-10-${index >> 16}-${(index >> 8) & 255}-${index & 255}.internal`
  const sick = index % sickEvery === 7
  const stamp = new Date(noon - hour).toISOString()
  const labels = Object.fromEntries(
    Array.from({ length: 36 }, (_, label) => [`example.com/label-${label}`, `${label}`]),
  )
  return {
    metadata: {
      name,
      uid: `uid-${index}`,
      resourceVersion: `${index}`,
      creationTimestamp: new Date(noon - 24 * hour).toISOString(),
      labels: {
        ...labels,
        accelerator: 'gpu',
        [poolLabel]: `pool-${index % 40}`,
        'topology.kubernetes.io/zone': `zone-${index % 3}`,
        'kubernetes.io/hostname': name,
      },
    },
    spec: {
      providerID: `aws:///zone/i-${index}`,
      taints: [{ key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' }],
    },
    status: {
      nodeInfo: { bootID: `boot-${index}` },
      conditions: [
        condition('Ready', 'True', stamp),
        ...Array.from({ length: 10 }, (_, other) => condition(`Other${other}`, 'False', stamp)),
        ...conditionTypes.map((type) => condition(type, sick && type === 'KernelReady' ? 'False' : 'True', stamp)),
      ],
    },
  }
}

function condition(type: string, status: 'True' | 'False', stamp: string) {
  return { type, status, reason: `${type}Reason`, message: '', lastHeartbeatTime: stamp, lastTransitionTime: stamp }
}

/** A heartbeat that says something new. */
function changed(round: number): Partial<NodeObject> {
  const stamp = new Date(noon).toISOString()
  const conditions = node(round).status?.conditions ?? []
  return { status: { conditions: [...conditions.slice(1), condition('Ready', round % 2 ? 'False' : 'True', stamp)] } }
}

function recordsOf({ nodes }: ClusterSnapshot): readonly Attempt[] {
  return nodes
    .filter((_, index) => index % sickEvery === 11)
    .map((one) => givenAttempt(one, { phase: 'Succeeded', phases: [{ phase: 'Succeeded', at: noon - hour, why: '' }] }))
}
