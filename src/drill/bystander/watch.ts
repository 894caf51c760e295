/**
 * Watches what others inject: Chaos Mesh experiments, and lines in kernel logs without a mark. It reads, and changes
 * nothing. Node conditions that were False when it began are not asked about.
 */
import { type Api, events, type KubeObject, nodeRepairs, nodes, pods } from '../../kube/api.ts'
import { isKubeError } from '../../kube/errors.ts'
import { type WatchChange, watchObjects } from '../../kube/list-watch.ts'
import { getObject, listObjects } from '../../kube/objects.ts'
import { readAttempt } from '../../repair/attempt/record.ts'
import type { Clock, Random } from '../../telemetry/clock.ts'
import type { Drill } from '../plan/drill.ts'
import type { Subject } from '../plan/subjects.ts'
import { type DrillResult, resultOf } from '../score/score.ts'
import {
  type DrillFacts,
  type SeenCondition,
  type SeenEvent,
  seeAttempt,
  seeConditions,
  seeRemoved,
} from '../watch/facts.ts'
import type { Asked } from '../watch/stages.ts'
import {
  type ExperimentFacts,
  type ExperimentObject,
  experimentResult,
  newExperiment,
  podsOf,
  seeExperiment,
  seeExperimentGone,
  seeNodeConditions,
  seeNodeEvent,
  type Target,
} from './experiment.ts'
import { type ExperimentKind, experimentKinds } from './kinds.ts'
import { unannouncedDrill } from './unannounced.ts'

export interface BystanderParts {
  readonly api: Api
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
  /** Whether the cluster has NodeRepairs. */
  readonly repairs: boolean
  /** What the catalogue says of a reason. */
  readonly subjectOf: (reason: string) => Subject | undefined
  readonly asked: (drill: Drill, labels: Readonly<Record<string, string>>) => Asked
  /** Something began, for the person who watches. */
  readonly onBegin: (what: string) => void
}

interface EventObject extends KubeObject {
  readonly reason?: string
  readonly message?: string
  readonly type?: string
  readonly lastTimestamp?: string | null
  readonly source?: { readonly component?: string }
  readonly involvedObject?: { readonly kind?: string; readonly name?: string }
}

interface NodeObject extends KubeObject {
  readonly status?: { readonly conditions?: readonly Partial<SeenCondition>[] }
}

interface PodObject extends KubeObject {
  readonly spec?: { readonly nodeName?: string }
}

const component = 'nodemend-agent'

export class Bystander {
  readonly #parts: BystanderParts
  readonly #since: number
  readonly #experiments = new Map<string, ExperimentFacts>()
  readonly #drills = new Map<string, DrillFacts>()
  readonly #labels = new Map<string, Readonly<Record<string, string>>>()
  /** Conditions of nodes that were False at the first look, as `node type`. */
  readonly #falseBefore = new Set<string>()
  #looked = false

  constructor(parts: BystanderParts) {
    this.#parts = parts
    this.#since = parts.clock.now()
  }

  /** Watches until the signal. */
  async watch(): Promise<void> {
    const { api, clock, random, signal, repairs } = this.#parts
    const around = { api, clock, random, signal }
    const kinds = await this.#served()
    await Promise.all([
      watchObjects<NodeObject>({
        ...around,
        resource: nodes,
        ...sink(
          (one, gone) => this.#node(one, gone),
          () => this.#firstLook(),
        ),
      }),
      watchObjects<EventObject>({
        ...around,
        resource: events,
        namespace: 'default',
        ...sink((one) => this.#event(one)),
      }),
      ...kinds.map((kind) =>
        watchObjects<ExperimentObject>({
          ...around,
          resource: kind.resource,
          ...sink((one, gone) => void this.#experiment(kind, one, gone)),
        }),
      ),
      ...(repairs
        ? [watchObjects<KubeObject>({ ...around, resource: nodeRepairs, ...sink((one) => this.#repair(one)) })]
        : []),
    ])
  }

  /** What was seen to begin, scored as of now. */
  results(): readonly DrillResult[] {
    const { clock, asked } = this.#parts
    const experiments = [...this.#experiments.values()].filter(({ injectedAt }) => injectedAt !== undefined)
    const drills = [...this.#drills.values()].map((facts) => {
      const labels = this.#labels.get(facts.drill.node) ?? {}
      return resultOf(seeRemoved(facts, clock.now()), asked(facts.drill, labels))
    })
    return [...experiments.map(experimentResult), ...drills]
  }

  async #served(): Promise<readonly ExperimentKind[]> {
    const served = await Promise.all(experimentKinds.map((kind) => this.#isServed(kind)))
    return experimentKinds.filter((_, index) => served[index])
  }

  async #isServed({ resource }: ExperimentKind): Promise<boolean> {
    try {
      await listObjects(this.#parts.api, resource, { limit: 1 })
      return true
    } catch (error) {
      if (isKubeError(error, 'NM_KUBE_NOT_FOUND')) return false
      throw error
    }
  }

  async #experiment(kind: ExperimentKind, object: ExperimentObject, gone: boolean): Promise<void> {
    const { uid = '', namespace = '', name = '' } = object.metadata
    const targets = gone ? [] : await this.#targets(object)
    const at = this.#parts.clock.now()
    const before = this.#experiments.get(uid) ?? newExperiment(kind, object)
    const seen = gone ? seeExperimentGone(before, at) : seeExperiment(before, object, targets, at)
    this.#experiments.set(uid, seen)
    if (before.injectedAt === undefined && seen.injectedAt !== undefined)
      this.#parts.onBegin(
        `${kind.resource.kind} ${namespace}/${name} on ${[...new Set(seen.targets.map(({ node }) => node))].join(', ')}`,
      )
  }

  /** A pod that is gone already has no node any more: what it was known to be stays. */
  async #targets(object: ExperimentObject): Promise<readonly Target[]> {
    const found = await Promise.all(
      podsOf(object).map(async (key): Promise<readonly Target[]> => {
        const [namespace = '', name = ''] = key.split('/')
        const pod = await getObject<PodObject>(this.#parts.api, pods, { namespace, name }).catch(() => undefined)
        const app = pod?.metadata.labels?.['k8s-app']
        return pod?.spec?.nodeName === undefined ? [] : [{ node: pod.spec.nodeName, ...(app !== undefined && { app }) }]
      }),
    )
    return found.flat()
  }

  #event({ reason = '', message = '', type = '', lastTimestamp, source, involvedObject }: EventObject): void {
    const { clock, subjectOf, onBegin } = this.#parts
    const node = involvedObject?.name
    if (source?.component !== component || involvedObject?.kind !== 'Node' || node === undefined) return
    const at = clock.now()
    const event: SeenEvent = { reason, message, type, lastAt: Date.parse(lastTimestamp ?? '') }
    for (const [uid, facts] of this.#experiments) this.#experiments.set(uid, seeNodeEvent(facts, node, event, at))
    const key = `${node} ${message}`
    if (this.#drills.has(key) || event.lastAt < Math.floor(this.#since / 1000) * 1000) return
    const facts = unannouncedDrill(node, event, this.#drills.size + 1, subjectOf, at)
    if (!facts) return
    this.#drills.set(key, facts)
    onBegin(`${facts.drill.subject.reason} on ${node}, by a line without a mark`)
  }

  #node({ metadata, status }: NodeObject, gone: boolean): void {
    const { name = '', labels = {} } = metadata
    const at = this.#parts.clock.now()
    const all = (gone ? [] : (status?.conditions ?? [])).map(
      ({ type = '', status: is = '', reason = '', message = '' }) => ({
        type,
        status: is,
        reason,
        message,
      }),
    )
    this.#labels.set(name, labels)
    const bad = all.filter((one) => isFalse(one))
    if (!this.#looked) for (const { type } of bad) this.#falseBefore.add(`${name} ${type}`)
    const turned = bad.filter(({ type }) => !this.#falseBefore.has(`${name} ${type}`))
    for (const [uid, facts] of this.#experiments) this.#experiments.set(uid, seeNodeConditions(facts, name, turned, at))
    for (const [key, facts] of this.#drills) {
      if (facts.drill.node === name) this.#drills.set(key, seeConditions(facts, all, at))
    }
  }

  #firstLook(): void {
    this.#looked = true
  }

  #repair(object: KubeObject): void {
    const attempt = readAttempt(object)
    if (!attempt) return
    for (const [key, facts] of this.#drills) this.#drills.set(key, seeAttempt(facts, attempt))
  }
}

/** Conditions of ours: True is good. */
function isFalse({ type, status }: SeenCondition): boolean {
  return type.endsWith('Ready') && status === 'False'
}

/** Takes lists and changes alike. */
function sink<T extends KubeObject>(take: (object: T, gone: boolean) => void, synced: () => void = () => undefined) {
  return {
    onSync: (items: ReadonlyMap<string, T>) => {
      for (const object of items.values()) take(object, false)
      synced()
    },
    onChange: ({ type, object }: WatchChange<T>) => take(object, type === 'deleted'),
  }
}
