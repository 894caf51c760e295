/** Watches what decisions look at, and makes one immutable snapshot of it per pass. */
import {
  type Api,
  type KubeObject,
  nodeClaims,
  nodePools,
  nodeRepairs,
  nodes,
  type Resource,
  repairPolicies,
} from '../../kube/api.ts'
import type { KubeError } from '../../kube/errors.ts'
import { type WatchChange, type WatchState, watchObjects } from '../../kube/list-watch.ts'
import type { Intervention, Suggestions } from '../../model/action.ts'
import type { ClaimView, ClusterSnapshot, Leadership, NodeView, OtherRepairer } from '../../model/node.ts'
import type { NodeClaim } from '../../providers/karpenter/provider.ts'
import type { Provider } from '../../providers/provider.ts'
import { poolLabels, poolsOf, providerKinds } from '../../providers/providers.ts'
import type { Clock, Random } from '../../telemetry/clock.ts'
import type { AttemptBook } from '../attempt/book.ts'
import { type ParsedPolicies, parsePolicies, type RepairPolicyObject } from '../policy/parse.ts'
import { Remediations } from '../remediation/remediations.ts'
import { HealthTracker } from './health.ts'
import { type KarpenterNodeRepair, KarpenterRepair } from './karpenter-repair.ts'
import { KubeletLeases } from './kubelet-leases.ts'
import { LastLook } from './last-look.ts'
import { type NodePoolObject, readNodePool, unreadNodePools, type WatchedPool } from './node-pools.ts'
import { PauseRequest } from './pause.ts'
import { labelled, type NodeObject, SeenNodes, type WatchedNode } from './seen.ts'

export interface ObserverOptions {
  readonly api: Api
  readonly clock: Clock
  readonly random: Random
  readonly book: AttemptBook
  readonly providers: readonly Provider[]
  /** What the controller carries out without a provider. */
  readonly ownActions: readonly Intervention[]
  /** What the catalogue suggests, by reason. */
  readonly suggestions?: Suggestions | undefined
  readonly settleMs: number
  /** Where a person pauses the whole controller. */
  readonly lease: { readonly namespace: string; readonly name: string }
  /** The command that grants missing rights. */
  readonly remedy: string
  /** What a person says about Karpenter's own node repair; absent: it is read. */
  readonly karpenterNodeRepair?: KarpenterNodeRepair | undefined
  /** Something changed that a decision may depend on. */
  readonly onChange: () => void
  /** A watch broke; it goes on by itself. */
  readonly onError: (resource: Resource, error: unknown) => void
  /** The server does not know a kind of ours, or no longer (`error`), or knows it again. */
  readonly onServed: (resource: Resource, error?: KubeError) => void
  readonly signal: AbortSignal
}

/** What to do where the cluster does not know our kinds. */
export const crdsRemedy = 'install the CRDs: nodemend crds | kubectl apply -f -'

interface WatchedClaim extends KubeObject {
  readonly view: ClaimView
}

export class Observer {
  readonly health: HealthTracker
  readonly leases: KubeletLeases
  readonly karpenter: KarpenterRepair
  readonly pause: PauseRequest
  readonly remediations: Remediations
  readonly lastLook: LastLook
  readonly #options: ObserverOptions
  readonly #seen = new SeenNodes()
  readonly #states = new Map<Resource, WatchState>()
  #nodes: ReadonlyMap<string, WatchedNode> = new Map()
  #claims: ReadonlyMap<string, WatchedClaim> = new Map()
  #pools: ReadonlyMap<string, WatchedPool> = new Map()
  #policyObjects: ReadonlyMap<string, RepairPolicyObject> = new Map()
  #policies: ParsedPolicies | undefined

  constructor(options: ObserverOptions) {
    this.#options = options
    this.health = new HealthTracker(options.clock, options.settleMs)
    this.leases = new KubeletLeases(options.api, options.clock)
    this.karpenter = new KarpenterRepair(options.api, options.clock, options.remedy, options.karpenterNodeRepair)
    this.remediations = new Remediations(options)
    this.pause = new PauseRequest(options.api, options.clock, options.lease)
    const { api, clock } = options
    this.lastLook = new LastLook({ api, clock, pause: () => this.pause.ask() })
  }

  /** Runs the watches until the signal is aborted. */
  async run(): Promise<void> {
    const { book } = this.#options
    await Promise.all([
      this.#watch<WatchedNode, NodeObject>(nodes, {
        project: (object) =>
          this.#seen.see(object, poolsOf(labelled(object), this.#options.providers), this.#options.clock.now()),
        onSync: (items) => {
          this.#nodes = items
        },
        onChange: ({ type, object }) => {
          if (type === 'deleted') this.#seen.forget(object.metadata.uid ?? '')
        },
        isNews: ({ type, object }) => type !== 'modified' || object.news,
      }),
      this.#watch<RepairPolicyObject>(repairPolicies, {
        onSync: (items) => {
          this.#policyObjects = items
          this.#policies = undefined
        },
        onChange: () => {
          this.#policies = undefined
        },
      }),
      this.#watch<KubeObject>(nodeRepairs, {
        onSync: (items) => book.takeAll(items.values()),
        onChange: ({ type, object }) => {
          if (type === 'deleted') book.drop(object.metadata.name ?? '')
          else book.take(object)
        },
      }),
      this.#watch<WatchedClaim, NodeClaim>(nodeClaims, {
        project: readClaim,
        onSync: (items) => {
          this.#claims = items
        },
      }),
      this.#watchPools(),
      this.remediations.run(),
    ])
  }

  /** A NodePool counts the resources of its nodes in its status: only its budgets are news. */
  #watchPools(): Promise<void> {
    const said = new Map<string, string>()
    return this.#watch<WatchedPool, NodePoolObject>(nodePools, {
      project: readNodePool,
      onSync: (items) => {
        this.#pools = items
      },
      isNews: ({ object: { metadata, budgets } }) => {
        const { name = '' } = metadata
        const before = said.get(name)
        const now = JSON.stringify(budgets)
        said.set(name, now)
        return before !== now
      },
    })
  }

  /** Which watch is not in sync, and why; undefined when all are. */
  get trouble(): string | undefined {
    for (const resource of [nodes, repairPolicies, nodeRepairs, ...ofKarpenter]) {
      const state = this.#states.get(resource)
      if (state?.inSync) continue
      const missing = isUnserved(state)
      if (missing && isOfKarpenter(resource)) continue // no Karpenter here: there are no claims and no pools
      if (isOfKarpenter(resource) && isForbidden(state)) continue // its nodes are left alone, see `snapshot`
      if (missing && isOurs(resource))
        return `the cluster does not know ${resource.plural}.${resource.group}: ${crdsRemedy}`
      return state?.error ? state.error.message : `the watch of ${resource.plural} has not caught up`
    }
    return undefined
  }

  /** The policies as they stand now, parsed once per change. */
  get policies(): ParsedPolicies {
    this.#policies ??= parsePolicies([...this.#policyObjects.values()])
    return this.#policies
  }

  get policyObjects(): readonly RepairPolicyObject[] {
    return [...this.#policyObjects.values()]
  }

  snapshot(leadership: Leadership): ClusterSnapshot {
    const { trouble } = this
    const synced = trouble === undefined
    this.#seen.move(this.health.check(synced))
    const views = [...this.#nodes.values()].map((one): NodeView => one.view)
    const counts = this.leases.counts(views.map((one) => one.name))
    return {
      nodes: views,
      claims: [...this.#claims.values()].map((one) => one.view),
      otherRepairers: [...this.karpenter.repairers(), ...this.#unseenClaims()],
      poolBudgets: [...this.#pools.values()].map((one) => one.budgets),
      unknownBudgets: isForbidden(this.#states.get(nodePools)) ? [unreadNodePools(this.#options.remedy)] : [],
      poolLabels,
      ownActions: this.#options.ownActions,
      ...(this.#options.suggestions && { suggestions: this.#options.suggestions }),
      providers: this.#options.providers.map((one) => one.name),
      health: this.health.health(synced, counts, trouble),
      leadership,
      pause: this.pause.pause,
    }
  }

  /** Without the right to see claims, nobody can tell which nodes Karpenter is deleting. */
  #unseenClaims(): readonly OtherRepairer[] {
    if (!isForbidden(this.#states.get(nodeClaims))) return []
    const why = 'cannot tell whether Karpenter is deleting it: NodeClaims may not be watched'
    const { poolLabel: label } = providerKinds.karpenter
    const unsure = `grant verbs "list" and "watch" on resource "nodeclaims": ${this.#options.remedy}`
    return [{ label, why, unsure }]
  }

  #watch<T extends KubeObject, Raw extends KubeObject = T>(
    resource: Resource,
    handlers: {
      readonly project?: (object: Raw) => T
      readonly onSync: (items: ReadonlyMap<string, T>) => void
      readonly onChange?: (change: WatchChange<T>) => void
      /** False where a change is no reason for a pass. */
      readonly isNews?: (change: WatchChange<T>) => boolean
    },
  ): Promise<void> {
    const { api, clock, random, onChange, signal } = this.#options
    return watchObjects<T, Raw>({
      api,
      clock,
      random,
      resource,
      ...(handlers.project && { project: handlers.project }),
      onSync: (items) => {
        handlers.onSync(items)
        onChange()
      },
      onChange: (change) => {
        handlers.onChange?.(change)
        if (handlers.isNews?.(change) ?? true) onChange()
      },
      onState: (state) => {
        const known = this.#states.get(resource)
        this.health.passed(this.trouble === undefined) // good until now: from here on the gap counts
        this.#states.set(resource, state)
        this.#tell(resource, state, known)
        if (state.inSync !== known?.inSync) onChange()
      },
      signal,
    })
  }

  /** Each trouble once, as long as it stays the same. */
  #tell(resource: Resource, state: WatchState, known: WatchState | undefined): void {
    const { onError, onServed } = this.#options
    const { error } = state
    if (isOurs(resource) && isUnserved(known) && state.inSync) onServed(resource)
    if (!error || error.code === known?.error?.code) return
    if (!isUnserved(state)) onError(resource, error)
    else if (isOurs(resource)) onServed(resource, error)
    else if (!isOfKarpenter(resource)) onError(resource, error) // no Karpenter here: there are no claims
  }
}

function isUnserved(state: WatchState | undefined): boolean {
  return state?.error?.code === 'NM_KUBE_NOT_FOUND'
}

const ofKarpenter: readonly Resource[] = [nodeClaims, nodePools]

function isOfKarpenter(resource: Resource): boolean {
  return ofKarpenter.includes(resource)
}

function isForbidden(state: WatchState | undefined): boolean {
  return state?.inSync === false && state.error?.code === 'NM_KUBE_FORBIDDEN'
}

function isOurs(resource: Resource): boolean {
  return resource === repairPolicies || resource === nodeRepairs
}

function readClaim({ metadata, status }: NodeClaim): WatchedClaim {
  const { name = '', uid = '', resourceVersion = '', deletionTimestamp } = metadata
  const view: ClaimView = {
    name,
    ...(status?.providerID !== undefined && { providerId: status.providerID }),
    ...(status?.nodeName !== undefined && { nodeName: status.nodeName }),
    deleting: deletionTimestamp !== undefined,
  }
  return { metadata: { name, uid, resourceVersion }, view }
}
