/** A whole small cluster in one process, for tests: embedded API server, modelled machines, the cluster half, one clock. */

import { type ModelOptions, startModels } from '../../embedded/model/models.ts'
import { type Embedded, startEmbedded } from '../../embedded/server.ts'
import type { Api, KubeObject, Resource } from '../../kube/api.ts'
import { nodeRepairs, nodes, pods, repairPolicies } from '../../kube/api.ts'
import { connectTo } from '../../kube/connect.ts'
import type { Occurrence } from '../../kube/events/queue.ts'
import { createObject, getObject, listObjects, patchObject } from '../../kube/objects.ts'
import type { Suggestions } from '../../model/action.ts'
import type { Leadership } from '../../model/node.ts'
import type { Attempt } from '../../model/repair.ts'
import type { ProviderParts } from '../../providers/provider.ts'
import type { ProviderName } from '../../providers/providers.ts'
import { providersNamed } from '../../providers/providers.ts'
import { type Clock, SteppedClock, seededRandom } from '../../telemetry/clock.ts'
import { Registry } from '../../telemetry/exposition.ts'
import { silentLog } from '../../telemetry/log.ts'
import type { OnNodeSettings } from '../act/on-node/pod.ts'
import { type Assembled, assemble } from '../assemble.ts'
import { readAttempt } from '../attempt/record.ts'
import { crds } from '../crds.ts'
import type { KarpenterNodeRepair } from '../observe/karpenter-repair.ts'
import type { NodeObject } from '../observe/seen.ts'

const second = 1_000

/** One cluster half in the test cluster. */
export interface Half extends Assembled {
  /** Who it believes to be; tests change it. */
  leadership: Leadership
  readonly events: Occurrence[]
  readonly registry: Registry
  /** Ends it as kill -9 would: its watches stop, nothing is put back. */
  kill(): Promise<void>
}

export interface HalfOptions {
  readonly leadership?: Partial<Leadership>
  /** Its connection; its own one unless given. */
  readonly api?: Api | undefined
  /** Default: the provider of the modelled machines. */
  readonly providers?: readonly ProviderName[]
  readonly webhook?: ProviderParts['webhook']
  readonly eks?: ProviderParts['eks']
  /** Of the pods that act on nodes; default: none are made. */
  readonly onNode?: OnNodeSettings
  readonly suggestions?: Suggestions
  /** What a person says about Karpenter's own node repair; default: it is read. */
  readonly karpenterNodeRepair?: KarpenterNodeRepair
  /** Its clock; that of the cluster unless given. */
  readonly clock?: Clock
}

export interface TestCluster {
  readonly clock: SteppedClock
  readonly url: string
  readonly token: string
  kubeconfig(): string
  readonly api: Api
  /** Starts another cluster half. The first leads. */
  half(identity: string, options?: HalfOptions): Promise<Half>
  /** Lets time pass in steps of a second, with a pass of every half after each; the passes race. */
  run(seconds: number, ...halves: readonly Half[]): Promise<void>
  /** Runs until `done` answers something; fails after `seconds` of the test cluster's time. */
  until<T>(what: string, seconds: number, halves: readonly Half[], done: () => Promise<T | undefined>): Promise<T>
  nodes(): Promise<readonly NodeObject[]>
  repairs(): Promise<readonly Attempt[]>
  /** Sets one condition as an agent would, heartbeat included. */
  setCondition(node: string, type: string, status: string, reason?: string, message?: string): Promise<void>
  annotate(resource: Resource, name: string, annotations: Readonly<Record<string, string | null>>): Promise<void>
  policy(name: string, spec: object): Promise<void>
  /** Takes the API server away; the answer brings it back, with everything it knew. */
  outage(): Promise<() => Promise<void>>
  stop(): Promise<void>
}

/** A policy that repairs within seconds. */
export const quickPolicy = {
  mode: 'Enforce',
  match: [{ condition: 'KernelReady' }],
  toleration: '3s',
  action: 'Replace',
  drain: { timeout: '60s', blockedAfter: '20s' },
  budgets: [{ nodes: '1' }],
  restraint: { dwell: '3s' },
} as const

/** A policy that the API server takes and the controller refuses: its pattern is none. */
export const mistakenPolicy = { match: [{ condition: 'KernelReady', reason: '(' }], action: 'Replace' } as const

/** Starts the test cluster with one modelled group of four machines; `others` are CRDs beside ours. */
export async function startTestCluster(
  models: ModelOptions = {},
  others: readonly unknown[] = [],
): Promise<TestCluster> {
  const clock = new SteppedClock()
  const random = seededRandom(7)
  const users = [{ token: 'cluster', name: 'admin', groups: ['system:masters'] }]
  let embedded: Embedded = await startEmbedded({ clock, random, users, crds: [...crds(), ...others] as never }) // CRDs are plain JSON
  const { url, token, cluster: store } = embedded
  const model = startModels(store, {
    groups: [{ name: 'pool', size: 4, replaceMs: 2 * second }],
    ...models,
  })
  const open = (): Api => connectTo({ server: url, token: () => token }, { clock, random })
  const api = open()
  const halves = new Set<Half>()
  const settled = async (): Promise<void> => {
    await listObjects(api, nodeRepairs) // what was written before has reached every watch by then
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  const cluster: TestCluster = {
    clock,
    url,
    token,
    kubeconfig: () => embedded.kubeconfig(),
    api,
    async half(identity, options = {}) {
      const half = await startHalf(cluster, identity, {
        providers: ['embedded'],
        ...options,
        api: options.api ?? open(),
      })
      halves.add(half)
      return half
    },
    async run(seconds, ...given) {
      for (let passed = 0; passed < seconds; passed++) {
        await clock.advance(second)
        await settled()
        await Promise.all(given.map((half) => half.controller.pass()))
      }
    },
    async until(what, seconds, given, done) {
      for (let passed = 0; passed <= seconds; passed++) {
        const found = await done()
        if (found !== undefined) return found
        await cluster.run(1, ...given)
      }
      const seen = (await cluster.repairs()).map((one) => ({
        name: one.name,
        phases: one.phases,
        decision: one.decision,
      }))
      throw new Error(`not within ${seconds} s: ${what}\n${JSON.stringify(seen, null, 1)}`)
    },
    nodes: async () => (await listObjects<NodeObject>(api, nodes)).items,
    repairs: async () =>
      (await listObjects<KubeObject>(api, nodeRepairs)).items.flatMap((one) => readAttempt(one) ?? []),
    async setCondition(node, type, status, reason = `${type}Reason`, message = '') {
      const stamp = new Date(clock.now()).toISOString()
      const condition = { type, status, reason, message, lastHeartbeatTime: stamp, lastTransitionTime: stamp }
      const patch = { status: { conditions: [condition] } }
      await patchObject(api, nodes, { name: node }, patch, { type: 'strategic', subresource: 'status' })
    },
    async annotate(resource, name, annotations) {
      await patchObject(api, resource, { name }, { metadata: { annotations } }, { type: 'merge' })
    },
    async policy(name, spec) {
      const ref = { name }
      const found = await getObject(api, repairPolicies, ref).catch(() => undefined)
      if (found) await patchObject(api, repairPolicies, ref, { spec }, { type: 'merge' })
      else await createObject(api, repairPolicies, { metadata: { name }, spec } as KubeObject)
    },
    async outage() {
      await embedded.stop()
      return async () => {
        embedded = await startEmbedded({ clock, random, users, cluster: store, port: Number(new URL(url).port) })
      }
    },
    async stop() {
      for (const half of halves) await half.kill()
      model.stop()
      api.close()
      await embedded.stop()
    },
  }
  await clock.advance(2 * second)
  return cluster
}

async function startHalf(
  cluster: TestCluster,
  identity: string,
  {
    api,
    providers,
    webhook,
    eks,
    onNode,
    suggestions,
    leadership,
    karpenterNodeRepair,
    clock = cluster.clock,
  }: HalfOptions & { readonly api: Api; readonly providers: readonly ProviderName[] },
): Promise<Half> {
  const ended = new AbortController()
  const events: Occurrence[] = []
  const recorder = {
    record: (notice: Occurrence) => void events.push(notice),
    flush: async () => {},
    pending: 0,
    dropped: 0,
    stop() {},
  }
  const leading = { leading: true, until: Number.MAX_SAFE_INTEGER, fencingToken: 1, ...leadership, identity }
  const registry = new Registry()
  const parts = assemble({
    api,
    clock,
    random: seededRandom(11),
    events: recorder,
    registry,
    log: silentLog,
    providers: providersNamed(providers, { api, clock, ...(webhook && { webhook }), ...(eks && { eks }) }),
    leadership: () => half.leadership,
    lease: { namespace: 'default', name: 'nodemend-controller' },
    karpenterNodeRepair,
    onNode,
    suggestions,
    settleMs: 300 * second,
    onChange: () => undefined,
    signal: ended.signal,
  })
  const running = parts.observer.run()
  const half: Half = {
    ...parts,
    leadership: leading,
    events,
    registry,
    async kill() {
      ended.abort()
      await running
      if (api !== cluster.api) api.close()
    },
  }
  for (let turn = 0; parts.observer.trouble !== undefined; turn++) {
    if (turn > 2_000) throw new Error(`never in sync: ${parts.observer.trouble}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return half
}

/** Pods on `node` that are not being deleted. */
export async function podsOn(cluster: TestCluster, node: string): Promise<readonly string[]> {
  const { items } = await listObjects<KubeObject>(cluster.api, pods, { fieldSelector: `spec.nodeName=${node}` })
  return items.flatMap(({ metadata }) => (metadata.deletionTimestamp === undefined ? [metadata.name ?? ''] : []))
}
