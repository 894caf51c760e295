/** A whole cluster in virtual time: the embedded API server without a socket, modelled machines, detectors and workloads. */

import { parseDuration } from '../../catalog/duration.ts'
import { type Cluster, newUid, plainWrite } from '../../embedded/cluster.ts'
import { deleteObject, plainDelete } from '../../embedded/delete.ts'
import { ApiFailure } from '../../embedded/failure.ts'
import { type InProcess, inProcess } from '../../embedded/in-process.ts'
import type { ApiObject, Json, JsonObject } from '../../embedded/json.ts'
import { builtinKind, groupVersion, type ServedKind, storageKey } from '../../embedded/kinds.ts'
import { type ModelOptions, startModels } from '../../embedded/model/models.ts'
import { addressOf, type Model } from '../../embedded/model/reconciler.ts'
import { installDefinition, newCluster } from '../../embedded/server.ts'
import { objectKey } from '../../embedded/store.ts'
import { createObject, storeUpdate } from '../../embedded/write.ts'
import type { Api } from '../../kube/api.ts'
import { connectOver, type OpenTransport } from '../../kube/connection.ts'
import type { Sent } from '../../kube/transport.ts'
import { crds } from '../../repair/crds.ts'
import { type Random, SteppedClock, seededRandom } from '../../telemetry/clock.ts'
import type { ClusterGiven } from '../scenario/cluster-schema.ts'
import { karpenterDefinitions, taintOf } from './bodies.ts'
import { Detectors, type Reported } from './detector.ts'

/** What the API server says to a kind of call. */
export interface Refusing {
  readonly call: string
  readonly status: number
  readonly message: string
  readonly retryAfter?: number | undefined
  left: number
}

/** Rarer than kubelets do, well below the 40 s of a lease: most of a quiet minute's work are renewals. */
const renewEveryMs = 30_000

export interface VirtualClusterOptions {
  /** Of its randomness. */
  readonly seed?: number
  readonly models?: Pick<ModelOptions, 'kubelet' | 'nodeLifecycle'>
  /** Told of each call before it is answered. */
  readonly onCall?: (sent: Sent) => void
}

export class VirtualCluster {
  readonly clock: SteppedClock
  readonly random: Random
  readonly store: Cluster
  readonly detectors: Detectors
  /** Groups for which the cloud has no machine now. */
  readonly empty = new Set<string>()
  #refusing: Refusing[] = []
  #away = false
  #models: Model | undefined
  readonly #given: ClusterGiven
  readonly #options: VirtualClusterOptions
  readonly #door: InProcess
  readonly #numbers = new Map<string, number>()

  constructor(given: ClusterGiven, startMs: number, types: readonly Reported[], options: VirtualClusterOptions = {}) {
    this.#given = given
    this.#options = options
    this.clock = new SteppedClock(startMs, 1)
    this.random = seededRandom(options.seed ?? 7)
    this.store = newCluster(this.clock, this.random, { tracksOwners: false })
    for (const one of [...crds(), ...karpenterDefinitions]) installDefinition(this.store, one)
    const groups = Object.entries(given.groups).filter(([, group]) => group.detector)
    this.detectors = new Detectors(this.store, new Set(groups.map(([name]) => name)), types)
    this.#door = inProcess(this.store, { isOpen: () => !this.#away, refusal: (sent) => this.#refusalOf(sent) })
  }

  /** The groups of machines. */
  get groups(): readonly string[] {
    return Object.keys(this.#given.groups)
  }

  /** A connection of its own, as a program has; `line` stands between the program and the server. */
  connect(line: (open: OpenTransport) => OpenTransport = (open) => open): Api {
    const config = { server: 'http://virtual.invalid', token: 'scenario' }
    return connectOver(line(this.#door.open), config, { clock: this.clock, random: this.random, userAgent: 'nodemend' })
  }

  start(): void {
    const { groups } = this.#given
    const options = Object.entries(groups).map(([name, group]) => ({
      name,
      size: group.size,
      replaceMs: parseDuration(group.replaceAfter) ?? 0, // the schema takes only durations
      taints: group.taints.map(taintOf),
      labels: group.labels,
      zones: group.zones,
      nextName: () => this.#nextName(name),
      hasMachines: () => !this.empty.has(name),
    }))
    this.#models = startModels(this.store, { kubelet: { renewEveryMs }, ...this.#options.models, groups: options })
    this.detectors.start()
  }

  /** The machines go on, but nothing that needs the API server happens. */
  leave(): void {
    this.#away = true
    this.#door.cut()
    this.stop()
  }

  comeBack(): void {
    this.#away = false
    this.start()
  }

  stop(): void {
    this.#models?.stop()
    this.#models = undefined
    this.detectors.stop()
  }

  refuse(one: Refusing): void {
    this.#refusing.push(one)
  }

  refuseNothing(): void {
    this.#refusing = []
  }

  list(plural: string): readonly ApiObject[] {
    return this.store.store.list(storageKey(this.kind(plural)))
  }

  get(plural: string, name: string, namespace?: string): ApiObject | undefined {
    return this.store.store.get(storageKey(this.kind(plural)), objectKey(namespace, name))
  }

  /** The kind of that plural, or of that name; built in or ours. Throws an ApiFailure. */
  kind(named: string): ServedKind {
    const found = this.store.kinds.all().find(({ plural, kind }) => plural === named || kind === named)
    if (!found) throw new ApiFailure(404, 'NotFound', `the cluster of a scenario has no kind ${named}`)
    return found
  }

  create(plural: string, body: JsonObject, namespace?: string): ApiObject {
    const kind = this.kind(plural)
    const whole = { apiVersion: groupVersion(kind), kind: kind.kind, ...body }
    return createObject(this.store, kind, namespace, whole, { ...plainWrite, manager: 'scenario' }).object
  }

  /** Writes what `change` makes of the stored object, in the words of `subresource`. */
  change(object: ApiObject, plural: string, change: (live: ApiObject) => ApiObject, subresource = ''): void {
    const kind = this.kind(plural)
    const live = this.get(plural, object.metadata.name, object.metadata.namespace)
    if (!live) return
    const options = { ...plainWrite, manager: 'scenario' }
    storeUpdate(this.store, addressOf(kind, live, subresource), live, change(live), options)
  }

  remove(plural: string, object: ApiObject): void {
    deleteObject(this.store, addressOf(this.kind(plural), object), { ...plainDelete, graceSeconds: 0 })
  }

  /** Takes a Node object out and puts one of the same name in: another UID, what else it said as it was. */
  recreateNode(node: ApiObject): void {
    const key = storageKey(builtinKind('nodes'))
    this.store.store.remove(key, objectKey(undefined, node.metadata.name))
    const stamp = `${new Date(this.clock.now()).toISOString().slice(0, 19)}Z`
    const metadata = { ...node.metadata, uid: newUid(this.random), creationTimestamp: stamp }
    this.store.store.put(key, { ...node, metadata })
  }

  #nextName(group: string): string {
    const number = (this.#numbers.get(group) ?? 0) + 1
    this.#numbers.set(group, number)
    return `${group}-${number}`
  }

  #refusalOf(sent: Sent): ApiFailure | undefined {
    const { call } = sent
    this.#options.onCall?.(sent)
    const what = `${call.verb} ${call.resource.plural}`
    const found = this.#refusing.find((one) => one.left > 0 && one.call === what)
    if (!found) return undefined
    found.left--
    const reason = reasons[found.status] ?? 'InternalError'
    const details = found.retryAfter === undefined ? undefined : { retryAfterSeconds: found.retryAfter }
    return new ApiFailure(found.status, reason, found.message, details)
  }
}

const reasons: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
}

/** Plain JSON of a scenario as the server takes it. */
export function asJson(value: unknown): JsonObject {
  return JSON.parse(JSON.stringify(value)) as Json as JsonObject // a scenario's objects are mappings
}
