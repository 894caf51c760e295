/** Follows one fault from outside, as an operator would: watches of Node and NodeRepair, and the agent's log. */
import {
  type FaultHistory,
  newEntries,
  type StageEntry,
  seeAgentLog,
  seeAttempt,
  seeConditions,
  seeDeletion,
  startHistory,
} from '../../drill/fault-history.ts'
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
  onEntry(entry: StageEntry, history: FaultHistory): void
  /** The repair ended without a proof, or something stands in its way: what people do, and what they can do about it. */
  onAside(kind: 'ended' | 'waits', text: string, history: FaultHistory): void
  /** A finding that makes no condition False: an Event and a metric. */
  onFinding(line: LogLine): void
}

/** A history that is being filled. Observations that came before the injection are ignored. */
export class Follower {
  #history: FaultHistory | undefined
  readonly #io: Pick<Io, 'clock' | 'random'>
  readonly #sink: FollowerSink
  /** The node whose next fault starts a history. */
  #awaited: string | undefined
  /** The newest evidence of the agent's log. */
  #evidence: LogLine | undefined

  constructor(io: Pick<Io, 'clock' | 'random'>, sink: FollowerSink) {
    this.#io = io
    this.#sink = sink
  }

  get history(): FaultHistory | undefined {
    return this.#history
  }

  /** Starts, or starts again, with a history that holds its injection. */
  begin(history: FaultHistory): void {
    this.#history = history
    for (const entry of history.entries) this.#sink.onEntry(entry, history)
  }

  /** Forgets what was followed; the next finding on `node` that turns a condition False starts a new history. */
  await(node: string): void {
    this.#history = undefined
    this.#awaited = node
  }

  agentLog(line: LogLine): void {
    if (line.msg === 'evidence') this.#evidence = line
    if (this.#awaited !== undefined && line.msg === 'finding raised') this.#found(this.#awaited, line)
    this.#see((history) => seeAgentLog(history, line, this.#io.clock.now()))
  }

  /** A finding that nobody announced: shown alone when it condemns nothing, else followed. */
  #found(node: string, line: LogLine): void {
    const evidence = this.#evidence
    if (line.severity !== 'fatal' || evidence === undefined) {
      this.#sink.onFinding(line)
      return
    }
    this.#awaited = undefined
    this.begin(startHistory(node, String(line.conditionType), String(evidence.text), Date.parse(String(evidence.ts))))
    this.#see((history) => seeAgentLog(history, evidence, this.#io.clock.now()))
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
    if (object.metadata.name !== this.#history?.node) return
    this.#see((history) => seeConditions(history, object.status?.conditions ?? [], this.#io.clock.now()))
  }

  #repair(object: KubeObject, isDeleted: boolean): void {
    const attempt = readAttempt(object)
    if (attempt) this.#see((history) => (isDeleted ? seeDeletion : seeAttempt)(history, attempt))
  }

  #see(step: (history: FaultHistory) => FaultHistory): void {
    const before = this.#history
    if (!before) return
    const after = step(before)
    this.#history = after
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
