/** The world of one walk: a cluster in virtual time, two controllers, and a witness of all that they do. */
import type { ApiObject } from '../../../src/embedded/json.ts'
import { textAt, withAt } from '../../../src/embedded/json.ts'
import { kubeletAnnotation } from '../../../src/embedded/model/kubelet.ts'
import { objectKey } from '../../../src/embedded/store.ts'
import type { Sent } from '../../../src/kube/transport.ts'
import { pausedKey } from '../../../src/repair/observe/pause.ts'
import { VirtualCluster } from '../../../src/simulate/cluster/virtual-cluster.ts'
import type { Stage } from '../../../src/simulate/play/stage.ts'
import { type ClusterGiven, clusterSchema } from '../../../src/simulate/scenario/cluster-schema.ts'
import { type Random, seededRandom } from '../../../src/telemetry/clock.ts'
import { type Check, type Moment, Witness } from './invariants.ts'
import { Life, leaderLease } from './life.ts'
import { type Chaos, calm } from './line.ts'
import { PolicyHistory } from './policy-history.ts'

const startMs = Date.parse('2026-03-01T00:00:00Z')
const leaseNamespace = 'kube-node-lease'
const vetoKey = 'nodemend.dev/veto'
/** How far a controller may be behind: its watches and calls come at once, or late. */
const promptMs = 5_000
const lateMs = 180_000
const dayMs = 86_400_000
/** Never: leases are renewed where they are asked for, and a leap has no timers. */
const neverMs = Number.MAX_SAFE_INTEGER
/** What the agents report. */
export const types = ['KernelReady', 'StorageReady', 'AcceleratedHardwareReady'] as const

export interface WorldOptions {
  readonly seed: number
  readonly cluster: unknown
  readonly settleMs: number
  readonly check: Check
}

export class World {
  readonly cluster: VirtualCluster
  readonly lives: readonly Life[]
  readonly random: Random
  readonly witness: Witness
  readonly policies = new PolicyHistory()
  chaos: Chaos = calm
  nodeDays = 0
  /** Calls of the controllers so far, as `VERB PLURAL`. */
  readonly calls = new Map<string, number>()
  /** The API server is away. */
  away = false
  ended = false
  readonly #vetoed = new Map<string, number>()
  #pausedAt: number | undefined
  readonly #gone: { readonly at: number; readonly node: ApiObject }[] = []
  readonly #asked = new Map<string, number>()
  #chaosAt = Number.NEGATIVE_INFINITY
  readonly #ends: (() => void)[] = []

  constructor({ seed, cluster, settleMs, check }: WorldOptions) {
    const given: ClusterGiven = clusterSchema.parse(cluster)
    this.random = seededRandom(seed)
    this.witness = new Witness(check)
    this.cluster = new VirtualCluster(
      given,
      startMs,
      types.map((type) => ({ type, healthy: 'True' })),
      {
        seed,
        models: {
          kubelet: { renewEveryMs: neverMs, reportEveryMs: neverMs },
          nodeLifecycle: { graceMs: neverMs },
        },
        onCall: ({ call }) => call.resource.plural === 'leases' && call.verb === 'list' && this.#renewLeases(),
      },
    )
    const { clock } = this.cluster
    this.lives = ['a', 'b'].map(
      (identity, index) =>
        new Life({
          identity,
          connect: (line) => this.cluster.connect(line),
          clock,
          random: seededRandom(seed * 2 + index),
          settleMs,
          chaos: () => this.chaos,
          unattendedMs: () => clock.now() - (Date.parse(textAt(this.#lease(), 'spec', 'renewTime')) || clock.now()),
          onCall: (life, sent) => this.#called(life, sent),
          onError: (_life, error) => this.witness.failed(error),
        }),
    )
    const { store } = this.cluster.store
    this.#ends.push(store.subscribe('nodes', () => this.#nodesChanged()))
    this.#ends.push(store.subscribe('leases.coordination.k8s.io', () => this.#leaseChanged()))
    this.#ends.push(
      store.subscribe('repairpolicies.nodemend.dev', () =>
        this.policies.take(this.cluster.list('repairpolicies'), clock.monotonic()),
      ),
    )
  }

  /** As the events of scenarios want it. The controllers of a walk are its own affair. */
  get stage(): Stage {
    return { cluster: this.cluster, controller: {} as Stage['controller'], events: new Set(), repairs: new Map() }
  }

  async pass(ms: number): Promise<void> {
    const { clock } = this.cluster
    const before = clock.monotonic()
    await clock.advance(ms)
    this.nodeDays += (this.cluster.list('nodes').length * (clock.monotonic() - before)) / dayMs
  }

  /** Lets hours go by in which nothing is to be done, with one pass at their end. */
  async leap(ms: number): Promise<void> {
    this.cluster.clock.leap(ms)
    this.nodeDays += (this.cluster.list('nodes').length * ms) / dayMs
    this.#renewLeases()
    for (const life of this.lives) life.leapt()
    await this.pass(30_000)
  }

  setChaos(chaos: Chaos): void {
    this.chaos = chaos
    this.#disturbed()
  }

  calm(): void {
    if (this.chaos !== calm) this.#disturbed()
    this.chaos = calm
  }

  hold(life: number, ms: number): void {
    this.lives[life]?.hold(ms)
    this.#disturbed()
  }

  setClock(life: number, byMs: number): void {
    this.lives[life]?.clock.set(byMs)
    this.#disturbed()
  }

  #disturbed(): void {
    this.#chaosAt = this.cluster.clock.monotonic()
  }

  stop(): void {
    this.ended = true
    for (const life of this.lives) life.kill()
    for (const end of this.#ends) end()
    this.cluster.stop()
  }

  /** Kubelets that live renew their leases, as of now. */
  #renewLeases(): void {
    const { store } = this.cluster.store
    const renewTime = `${new Date(this.cluster.clock.now()).toISOString().slice(0, -1)}000Z`
    for (const node of this.cluster.list('nodes')) {
      if (node.metadata.annotations?.[kubeletAnnotation] === 'stopped') continue
      const lease = store.get('leases.coordination.k8s.io', objectKey(leaseNamespace, node.metadata.name))
      if (lease) store.put('leases.coordination.k8s.io', withAt(lease, ['spec', 'renewTime'], renewTime))
    }
  }

  #lease(): ApiObject | undefined {
    return this.cluster.get('leases', leaderLease.name, leaderLease.namespace)
  }

  #leaseChanged(): void {
    const paused = this.#lease()?.metadata.annotations?.[pausedKey] !== undefined
    if (!paused) this.#pausedAt = undefined
    else this.#pausedAt ??= this.cluster.clock.monotonic()
  }

  #nodes: ReadonlyMap<string, ApiObject> = new Map()

  #nodesChanged(): void {
    const now = this.cluster.clock.monotonic()
    const present = new Map(this.cluster.list('nodes').map((node) => [node.metadata.uid ?? '', node]))
    for (const [uid, node] of this.#nodes) if (!present.has(uid)) this.#gone.push({ at: now, node })
    this.#nodes = present
    const vetoed = new Set<string>()
    for (const { metadata } of present.values()) {
      if (metadata.annotations?.[vetoKey] === 'true') vetoed.add(metadata.name)
    }
    for (const name of this.#vetoed.keys()) if (!vetoed.has(name)) this.#vetoed.delete(name)
    for (const name of vetoed) if (!this.#vetoed.has(name)) this.#vetoed.set(name, now)
  }

  #called(life: Life, sent: Sent): () => void {
    const { call } = sent
    const what = `${call.verb} ${call.resource.plural}`
    this.calls.set(what, (this.calls.get(what) ?? 0) + 1)
    const after = this.witness.before(this.#moment(life), sent)
    if (call.verb === 'get') {
      const key = `${life.identity}-${life.lives} ${call.resource.plural} ${call.name}`
      this.#asked.set(key, this.cluster.clock.monotonic())
    }
    return after
  }

  #moment(life: Life): Moment {
    const { cluster, lives, policies } = this
    const now = cluster.clock.monotonic()
    const behind = Math.max(life.lateAt, this.#chaosAt)
    return {
      life,
      lives,
      cluster,
      policies,
      askedAt: (plural, name) =>
        this.#asked.get(`${life.identity}-${life.lives} ${plural} ${name}`) ?? Number.NEGATIVE_INFINITY,
      vetoedSince: (node) => this.#vetoed.get(node),
      pausedSince: () => this.#pausedAt,
      goneSince: (mono) => this.#gone.filter((one) => one.at >= mono).map((one) => one.node),
      slackMs: this.chaos !== calm || now - behind < lateMs ? lateMs : promptMs,
    }
  }
}
