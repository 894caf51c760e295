/** Raw nodes → node views, with what only a watcher can know: when a condition was last asserted, when the node rebooted. */
import type { KubeObject } from '../../kube/api.ts'
import type { ConditionStatus } from '../../model/condition.ts'
import type { NodeView, PoolMembership, SeenCondition, Taint, WatchedStatuses } from '../../model/node.ts'
import { isNamedBy } from '../decide/foreign.ts'
import { gates } from '../decide/gates.ts'
import { linkAnnotations } from '../remediation/request.ts'

/** A Node of the API, as far as decisions read it. */
export interface NodeObject extends KubeObject {
  readonly spec?: {
    readonly providerID?: string
    readonly unschedulable?: boolean
    readonly taints?: readonly Taint[]
  }
  readonly status?: {
    readonly nodeInfo?: { readonly bootID?: string; readonly osImage?: string }
    readonly conditions?: readonly RawCondition[]
  }
}

/** As much of a Node as says in which pools it is. */
export function labelled({ metadata }: NodeObject): Pick<NodeView, 'labels'> {
  return { labels: metadata.labels ?? {} }
}

interface RawCondition {
  readonly type: string
  readonly status: ConditionStatus
  readonly reason?: string
  readonly message?: string
  readonly lastHeartbeatTime?: string | null
  readonly lastTransitionTime?: string | null
}

/** What is kept of a watched Node. */
export interface WatchedNode extends KubeObject {
  readonly view: NodeView
  /** False when only time went by: heartbeats and stamps. No decision depends on them. */
  readonly news: boolean
}

/** Messages are for people who look at the node itself; records carry the reason. */
const longestMessage = 256

/** Remembers one view per Node object, and compares the next one with it. `now` is our clock. */
export class SeenNodes {
  readonly #views = new Map<string, NodeView>()
  /** By the UID of the node and the type of the condition, also while the node does not carry it. */
  readonly #statuses = new Map<string, Map<string, WatchedStatuses>>()

  /** Begins with nothing, or with what is known of one node. */
  constructor(known?: NodeView) {
    if (!known) return
    this.#views.set(known.uid, known)
    const watched = known.conditions.flatMap((one) => (one.watched ? [[one.type, one.watched] as const] : []))
    this.#statuses.set(known.uid, new Map(watched))
  }

  /** Takes a Node as the watch delivers it. `pools` are those of the providers that know it. */
  see(object: NodeObject, pools: readonly PoolMembership[], now: number): WatchedNode {
    const { name = '', uid = '', resourceVersion = '', labels = {}, annotations = {} } = object.metadata
    const known = this.#views.get(uid)
    const bootId = object.status?.nodeInfo?.bootID
    const rebooted = known?.bootId !== undefined && bootId !== undefined && known.bootId !== bootId
    const rebootedAt = rebooted ? now : known?.rebootedAt
    const providerId = object.spec?.providerID
    const image = object.status?.nodeInfo?.osImage
    const view: NodeView = {
      name,
      uid,
      ...(providerId !== undefined && { providerId }),
      ...(image !== undefined && image !== '' && { image }),
      ...(bootId !== undefined && bootId !== '' && { bootId }),
      ...(rebootedAt !== undefined && { rebootedAt }),
      createdAt: Date.parse(object.metadata.creationTimestamp ?? '') || 0,
      deleting: object.metadata.deletionTimestamp !== undefined,
      unschedulable: object.spec?.unschedulable ?? false,
      labels,
      annotations: annotationsOf(annotations),
      taints: object.spec?.taints ?? [],
      conditions: (object.status?.conditions ?? []).map((one) => ({
        ...seeCondition(one, known, now),
        watched: this.#watched(uid, one, now),
      })),
      pools,
    }
    this.#views.set(uid, view)
    const news = known === undefined || factsOf(known) !== factsOf(view)
    return { metadata: { name, uid, resourceVersion }, view, news }
  }

  #watched(uid: string, { type, status }: RawCondition, now: number): WatchedStatuses {
    const node = this.#statuses.get(uid) ?? new Map<string, WatchedStatuses>()
    this.#statuses.set(uid, node)
    const watched = { since: now, ...node.get(type), [status]: now }
    node.set(type, watched)
    return watched
  }

  /** Told by how much the wall clock was set: what was watched stays watched. */
  move(step: number): void {
    if (step === 0) return
    for (const node of this.#statuses.values()) {
      for (const [type, watched] of node) {
        const stamps = Object.entries(watched).map(([name, stamp]) => [name, stamp + step])
        node.set(type, Object.fromEntries(stamps)) // the same keys
      }
    }
  }

  /** Forgets a Node that is gone. */
  forget(uid: string): void {
    this.#views.delete(uid)
    this.#statuses.delete(uid)
  }
}

/** What decisions depend on, apart from time. */
function factsOf({ conditions, rebootedAt: _rebootedAt, ...rest }: NodeView): string {
  return JSON.stringify([rest, conditions.map(({ type, status, reason }) => [type, status, reason])])
}

function seeCondition(raw: RawCondition, node: NodeView | undefined, now: number): SeenCondition {
  const known = node?.conditions.find((one) => one.type === raw.type)
  const condition = {
    type: raw.type,
    status: raw.status,
    reason: raw.reason ?? '',
    message: (raw.message ?? '').slice(0, longestMessage),
    lastTransitionTime: raw.lastTransitionTime ?? '',
    ...(raw.lastHeartbeatTime && { lastHeartbeatTime: raw.lastHeartbeatTime }),
  }
  return { ...condition, seenAt: seenAt(condition, node, known, now) }
}

type Stamped = Omit<SeenCondition, 'seenAt'>

/** A change that the watch delivered counts as now. Without one the newest stamp counts, but never a later time than now. */
function seenAt(condition: Stamped, node: NodeView | undefined, known: SeenCondition | undefined, now: number): number {
  if (node && !known) return now
  if (known && changed(condition, known)) return now
  if (known) return known.seenAt
  const stamps = [condition.lastHeartbeatTime, condition.lastTransitionTime].map((text) => Date.parse(text ?? ''))
  const newest = Math.max(...stamps.filter((stamp) => !Number.isNaN(stamp)))
  return Number.isFinite(newest) ? Math.min(newest, now) : now
}

function changed(a: Stamped, b: Stamped): boolean {
  return (
    a.status !== b.status ||
    a.lastTransitionTime !== b.lastTransitionTime ||
    a.lastHeartbeatTime !== b.lastHeartbeatTime ||
    a.reason !== b.reason
  )
}

/** Annotations can be large, and decisions read a few: those that a gate declares, and whose machine it is. */
function annotationsOf(all: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(all).filter(([key]) => read.some((one) => isNamedBy(one, key))))
}

const read = [...gates.flatMap((gate) => gate.annotations ?? []), ...linkAnnotations]
