/** Modelled detectors: an agent on each node that asserts its conditions every few minutes, as real ones do. */
import { type Cluster, timestamp } from '../../embedded/cluster.ts'
import { type ApiObject, listAt, textAt, withAt } from '../../embedded/json.ts'
import { builtinKind } from '../../embedded/kinds.ts'
import { withCondition } from '../../embedded/model/conditions.ts'
import { kubeletAnnotation } from '../../embedded/model/kubelet.ts'
import { kubeletConditions } from '../../embedded/model/kubelet-status.ts'
import { nodeGroupLabel } from '../../embedded/model/node-group.ts'
import { addressOf, type Model, ModelClient, Reconciler } from '../../embedded/model/reconciler.ts'
import { fitsAny } from '../scenario/parts.ts'

/** Within the five minutes that detectors promise. */
const assertEveryMs = 240_000
/** From a node's creation, or its boot, to the first report of its agent. */
const firstReportMs = 20_000
const nodes = builtinKind('nodes')

/** What a machine shows a while after it joined, or booted. */
export interface Shows {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly afterMs: number
}

/** What a kubelet without trouble reports of a condition of its own. */
export function isWell({ type, status }: { readonly type: string; readonly status: string }): boolean {
  return status === (type === 'Ready' ? 'True' : 'False')
}

interface Watched {
  readonly bootId: string
  dueAt: number
  shows: (Shows & { readonly at: number }) | undefined
}

/** A condition type that the agents report, and the status that a node without a fault has. */
export interface Reported {
  readonly type: string
  readonly healthy: 'True' | 'False'
}

/** The detectors of a scenario. What they know survives `pause`, as a node survives an outage of the API server. */
export class Detectors implements Model {
  readonly #cluster: Cluster
  readonly #client: ModelClient
  readonly #groups: ReadonlySet<string>
  readonly #silent = new Set<string>()
  readonly #newcomers = new Map<string, Shows>()
  readonly #boots: { readonly nodes: string | readonly string[]; readonly shows: Shows }[] = []
  readonly #watched = new Map<string, Watched>()
  readonly #types: readonly Reported[]
  #begun = false
  #reconciler: Reconciler | undefined

  /** `groups` are those whose nodes have an agent, which reports `types`. */
  constructor(cluster: Cluster, groups: ReadonlySet<string>, types: readonly Reported[]) {
    this.#cluster = cluster
    this.#client = new ModelClient(cluster, 'detector')
    this.#groups = groups
    this.#types = types
  }

  start(): void {
    this.#reconciler = new Reconciler(this.#cluster, [nodes], () => this.#round())
  }

  stop(): void {
    this.#reconciler?.stop()
    this.#reconciler = undefined
  }

  silence(node: string): void {
    this.#silent.add(node)
  }

  restore(node: string): void {
    this.#silent.delete(node)
    this.#reconciler?.wake(0)
  }

  newcomersShow(group: string, shows: Shows | undefined): void {
    if (shows) this.#newcomers.set(group, shows)
    else this.#newcomers.delete(group)
  }

  bootsShow(names: string | readonly string[], shows: Shows): void {
    this.#boots.unshift({ nodes: names, shows })
  }

  #round(): void {
    const now = this.#cluster.clock.monotonic()
    const present = this.#client.list(nodes)
    let next = Number.POSITIVE_INFINITY
    for (const node of present) next = Math.min(next, this.#tend(node, now))
    this.#begun ||= present.length > 0
    if (next !== Number.POSITIVE_INFINITY) this.#reconciler?.wake(Math.max(1, next - now))
  }

  /** Reports what is due about one node; returns when the next report is. */
  #tend(node: ApiObject, now: number): number {
    const watched = this.#watchedFor(node, now)
    if (this.#silent.has(node.metadata.name)) return Number.POSITIVE_INFINITY
    const { shows } = watched
    if (shows && now >= shows.at) watched.shows = undefined
    if (now >= watched.dueAt || (shows && now >= shows.at)) {
      watched.dueAt = now + assertEveryMs
      this.#report(node, shows && now >= shows.at ? shows : undefined)
    }
    return Math.min(watched.dueAt, watched.shows?.at ?? Number.POSITIVE_INFINITY)
  }

  #watchedFor(node: ApiObject, now: number): Watched {
    const { uid = '', name } = node.metadata
    const bootId = textAt(node, 'status', 'nodeInfo', 'bootID')
    const known = this.#watched.get(uid)
    if (known?.bootId === bootId) return known
    const joined = this.#begun && !known ? this.#newcomers.get(groupOf(node)) : undefined
    const booted = known ? this.#boots.find((one) => fitsAny(name, one.nodes))?.shows : undefined
    const shows = joined ?? booted
    // After a boot the agent says what it sees now, and not first what it said before.
    const firstMs = booted ? booted.afterMs : this.#begun ? firstReportMs : 0
    const watched: Watched = {
      bootId,
      dueAt: now + firstMs,
      shows: shows && { ...shows, at: now + shows.afterMs },
    }
    this.#watched.set(uid, watched)
    return watched
  }

  #report(node: ApiObject, shows: Shows | undefined): void {
    const now = timestamp(this.#cluster.clock)
    if (shows && kubeletConditions.has(shows.type)) this.#tellKubelet(node, isWell(shows) ? undefined : 'as-told')
    const types = this.#groups.has(groupOf(node)) ? this.#types : []
    this.#client.update(addressOf(nodes, node, 'status'), (live) => {
      const told = asserted(live, types, now)
      if (!shows) return told
      const { type, status, reason } = shows
      return withCondition(told, { type, status, reason, message: '' }, now, true)
    })
  }

  #tellKubelet(node: ApiObject, what: string | undefined): void {
    const where = ['metadata', 'annotations', kubeletAnnotation]
    this.#client.update(addressOf(nodes, node), (live) => withAt(live, where, what))
  }
}

function groupOf(node: ApiObject): string {
  return node.metadata.labels?.[nodeGroupLabel] ?? ''
}

/** Every condition as it stands with a new heartbeat, and a healthy one for the types that nothing is known against. */
function asserted(node: ApiObject, types: readonly Reported[], now: string): ApiObject {
  const conditions = listAt(node, 'status', 'conditions')
  const beaten = conditions.map((one) => {
    const beats = !kubeletConditions.has(textAt(one, 'type')) && textAt(one, 'lastHeartbeatTime') !== ''
    return beats ? { ...one, lastHeartbeatTime: now } : one // a detector that writes no heartbeat keeps to that
  })
  const present = new Set(conditions.map((one) => textAt(one, 'type')))
  return types
    .filter(({ type }) => !present.has(type) && !kubeletConditions.has(type))
    .reduce(
      (next, { type, healthy }) =>
        withCondition(next, { type, status: healthy, reason: 'NoFault', message: '' }, now, true),
      withAt(node, ['status', 'conditions'], beaten),
    )
}
