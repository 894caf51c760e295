/** Follows one fault from outside, as an operator would: watches of Node and NodeRepair, and the agent's log. */
import {
  newEntries,
  type StageEntry,
  seeAgentLog,
  seeAttempt,
  seeConditions,
  seeDeletion,
  startTimeline,
  type Timeline,
} from '../../drill/timeline.ts'
import { type Api, type KubeObject, nodeRepairs, nodes } from '../../kube/api.ts'
import { type WatchChange, watchObjects } from '../../kube/list-watch.ts'
import type { NodeCondition } from '../../model/condition.ts'
import { readAttempt } from '../../repair/attempt/record.ts'
import type { Io } from '../io.ts'
import type { LogLine } from './program.ts'

interface NodeObject extends KubeObject {
  readonly status?: { readonly conditions?: readonly NodeCondition[] }
}

/** What a follower tells. */
export interface FollowerSink {
  /** A stage was reached. */
  onEntry(entry: StageEntry, timeline: Timeline): void
  /** The repair ended without a proof, or something stands in its way: what people do, and what they can do about it. */
  onAside(kind: 'ended' | 'waits', text: string, timeline: Timeline): void
  /** A finding that makes no condition False: an Event and a metric. */
  onFinding(line: LogLine): void
}

/** A timeline that is being filled. Observations that came before the injection are ignored. */
export class Follower {
  #timeline: Timeline | undefined
  readonly #io: Pick<Io, 'clock' | 'random'>
  readonly #sink: FollowerSink
  /** The node whose next fault starts a timeline. */
  #awaited: string | undefined
  /** The newest evidence of the agent's log. */
  #evidence: LogLine | undefined

  constructor(io: Pick<Io, 'clock' | 'random'>, sink: FollowerSink) {
    this.#io = io
    this.#sink = sink
  }

  get timeline(): Timeline | undefined {
    return this.#timeline
  }

  /** Starts, or starts again, with a timeline that holds its injection. */
  begin(timeline: Timeline): void {
    this.#timeline = timeline
    for (const entry of timeline.entries) this.#sink.onEntry(entry, timeline)
  }

  /** Forgets what was followed; the next finding on `node` that turns a condition False starts a new timeline. */
  await(node: string): void {
    this.#timeline = undefined
    this.#awaited = node
  }

  agentLog(line: LogLine): void {
    if (line.msg === 'evidence') this.#evidence = line
    if (this.#awaited !== undefined && line.msg === 'finding raised') this.#found(this.#awaited, line)
    this.#see((timeline) => seeAgentLog(timeline, line, this.#io.clock.now()))
  }

  /** A finding that nobody announced: shown alone when it condemns nothing, else followed. */
  #found(node: string, line: LogLine): void {
    const evidence = this.#evidence
    if (line.severity !== 'fatal' || evidence === undefined) {
      this.#sink.onFinding(line)
      return
    }
    this.#awaited = undefined
    this.begin(startTimeline(node, String(line.conditionType), String(evidence.text), Date.parse(String(evidence.ts))))
    this.#see((timeline) => seeAgentLog(timeline, evidence, this.#io.clock.now()))
  }

  /** Watches until `signal`; resolves when both watches have ended. */
  async watch(api: Api, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#io
    const node = (object: NodeObject): void => this.#node(object)
    const repair = (object: KubeObject, isDeleted: boolean): void => this.#repair(object, isDeleted)
    const common = { api, clock, random, signal }
    await Promise.all([
      watchObjects<NodeObject>({ ...common, resource: nodes, ...sink(node) }),
      watchObjects<KubeObject>({ ...common, resource: nodeRepairs, ...sink(repair) }),
    ])
  }

  #node(object: NodeObject): void {
    if (object.metadata.name !== this.#timeline?.node) return
    this.#see((timeline) => seeConditions(timeline, object.status?.conditions ?? [], this.#io.clock.now()))
  }

  #repair(object: KubeObject, isDeleted: boolean): void {
    const attempt = readAttempt(object)
    if (attempt) this.#see((timeline) => (isDeleted ? seeDeletion : seeAttempt)(timeline, attempt))
  }

  #see(step: (timeline: Timeline) => Timeline): void {
    const before = this.#timeline
    if (!before) return
    const after = step(before)
    this.#timeline = after
    for (const entry of newEntries(before, after)) this.#sink.onEntry(entry, after)
    const { failed, waiting } = after
    if (waiting !== undefined && waiting !== before.waiting) this.#sink.onAside('waits', waiting, after)
    if (failed === undefined || failed === before.failed) return
    this.#sink.onAside(
      'ended',
      `${failed}; the node is taken again as soon as it is sick and every gate allows it`,
      after,
    )
    this.#awaited = after.node // or somebody injects another fault
  }
}

/** Takes lists and changes alike. */
function sink<T extends KubeObject>(take: (object: T, isDeleted: boolean) => void) {
  return {
    onSync: (items: ReadonlyMap<string, T>) => {
      for (const object of items.values()) take(object, false)
    },
    onChange: ({ type, object }: WatchChange<T>) => take(object, type === 'deleted'),
  }
}
