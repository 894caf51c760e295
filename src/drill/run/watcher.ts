/** Follows the drills of one node from outside, as an operator would: Events, the Node, and the records of repairs. */
import { type Api, events, type KubeObject, nodeRepairs, nodes } from '../../kube/api.ts'
import { type WatchChange, watchObjects } from '../../kube/list-watch.ts'
import { readAttempt } from '../../repair/attempt/record.ts'
import type { Clock, Random } from '../../telemetry/clock.ts'
import type { Drill } from '../plan/drill.ts'
import { type DrillFacts, newFacts, type SeenCondition, seeAttempt, seeConditions, seeEvent } from '../watch/facts.ts'

export interface WatcherParts {
  readonly api: Api
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
  /** Whether repairs are followed: not where the cluster has no NodeRepairs. */
  readonly repairs: boolean
  /** The facts of a drill have changed. */
  readonly onFacts: (facts: DrillFacts) => void
}

interface EventObject extends KubeObject {
  readonly reason?: string
  readonly message?: string
  readonly type?: string
  readonly lastTimestamp?: string | null
  readonly source?: { readonly component?: string }
}

interface NodeObject extends KubeObject {
  readonly status?: { readonly conditions?: readonly Partial<SeenCondition>[] }
}

/** Where the agent's Events about nodes are. */
const namespace = 'default'
const component = 'nodemend-agent'

export class Watcher {
  readonly #parts: WatcherParts
  readonly #facts = new Map<string, DrillFacts>()
  readonly #synced = new Set<string>()
  readonly #watches: number

  constructor(drills: readonly Drill[], parts: WatcherParts) {
    this.#parts = parts
    this.#watches = parts.repairs ? 3 : 2
    for (const drill of drills) this.#facts.set(drill.id, newFacts(drill))
  }

  get facts(): readonly DrillFacts[] {
    return [...this.#facts.values()]
  }

  /** True when every watch has its first list, so that nothing which follows is missed. */
  get ready(): boolean {
    return this.#synced.size === this.#watches
  }

  /** Applies an observation to the drills with these ids; all when absent. */
  see(step: (facts: DrillFacts, at: number) => DrillFacts, ids?: ReadonlySet<string>): void {
    const at = this.#parts.clock.now()
    for (const [id, before] of this.#facts) {
      if (ids && !ids.has(id)) continue
      const after = step(before, at)
      if (after === before) continue
      this.#facts.set(id, after)
      this.#parts.onFacts(after)
    }
  }

  /** Watches `node` until the signal. */
  async watch(node: string): Promise<void> {
    const { api, clock, random, signal, repairs } = this.#parts
    const around = { api, clock, random, signal }
    const ofNode = { ...around, resource: nodes, fieldSelector: `metadata.name=${node}` }
    const aboutNode = { ...around, resource: events, namespace, fieldSelector: `involvedObject.name=${node}` }
    await Promise.all([
      watchObjects<NodeObject>({ ...ofNode, ...this.#sink('nodes', (one, gone) => this.#node(one, gone)) }),
      watchObjects<EventObject>({ ...aboutNode, ...this.#sink('events', (one, gone) => !gone && this.#event(one)) }),
      ...(repairs
        ? [
            watchObjects<KubeObject>({
              ...around,
              resource: nodeRepairs,
              ...this.#sink('repairs', (one) => this.#repair(one)),
            }),
          ]
        : []),
    ])
  }

  #node({ status }: NodeObject, gone: boolean): void {
    const conditions = (gone ? [] : (status?.conditions ?? [])).map(
      ({ type = '', status: is = '', reason = '', message = '' }) => ({
        type,
        status: is,
        reason,
        message,
      }),
    )
    this.see((facts, at) => seeConditions(facts, conditions, at))
  }

  #event({ reason = '', message = '', type = '', lastTimestamp, source }: EventObject): void {
    if (source?.component !== component) return
    const event = { reason, message, type, lastAt: Date.parse(lastTimestamp ?? '') }
    this.see((facts, at) => seeEvent(facts, event, at))
  }

  #repair(object: KubeObject): void {
    const attempt = readAttempt(object)
    if (attempt) this.see((facts) => seeAttempt(facts, attempt))
  }

  /** Takes lists and changes alike. */
  #sink<T extends KubeObject>(name: string, take: (object: T, gone: boolean) => void) {
    return {
      onSync: (items: ReadonlyMap<string, T>) => {
        for (const object of items.values()) take(object, false)
        this.#synced.add(name)
      },
      onChange: ({ type, object }: WatchChange<T>) => take(object, type === 'deleted'),
    }
  }
}
