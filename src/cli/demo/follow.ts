/** Follows one fault from outside, as an operator would: watches of Node and NodeRepair, and the agent's log. */
import {
  newEntries,
  type StageEntry,
  seeAgentLog,
  seeAttempt,
  seeConditions,
  type Timeline,
} from '../../drill/timeline.ts'
import { type Api, type KubeObject, nodeRepairs, nodes } from '../../kube/api.ts'
import { watchObjects } from '../../kube/list-watch.ts'
import type { NodeCondition } from '../../model/condition.ts'
import { readAttempt } from '../../repair/attempt/record.ts'
import type { Io } from '../io.ts'
import type { LogLine } from './program.ts'

interface NodeObject extends KubeObject {
  readonly status?: { readonly conditions?: readonly NodeCondition[] }
}

/** A timeline that is being filled. Observations that came before the injection are ignored. */
export class Follower {
  #timeline: Timeline | undefined
  readonly #io: Io
  readonly #onEntry: (entry: StageEntry, timeline: Timeline) => void

  constructor(io: Io, onEntry: (entry: StageEntry, timeline: Timeline) => void) {
    this.#io = io
    this.#onEntry = onEntry
  }

  get timeline(): Timeline | undefined {
    return this.#timeline
  }

  /** Starts, or starts again, with a timeline that holds its injection. */
  begin(timeline: Timeline): void {
    this.#timeline = timeline
    for (const entry of timeline.entries) this.#onEntry(entry, timeline)
  }

  agentLog(line: LogLine): void {
    this.#see((timeline) => seeAgentLog(timeline, line, this.#io.clock.now()))
  }

  /** Watches until `signal`; resolves when both watches have ended. */
  async watch(api: Api, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#io
    const node = (object: NodeObject): void => this.#node(object)
    const repair = (object: KubeObject): void => this.#repair(object)
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

  #repair(object: KubeObject): void {
    const attempt = readAttempt(object)
    if (attempt) this.#see((timeline) => seeAttempt(timeline, attempt))
  }

  #see(step: (timeline: Timeline) => Timeline): void {
    const before = this.#timeline
    if (!before) return
    const after = step(before)
    this.#timeline = after
    for (const entry of newEntries(before, after)) this.#onEntry(entry, after)
  }
}

/** Takes lists and changes alike. */
function sink<T extends KubeObject>(take: (object: T) => void) {
  return {
    onSync: (items: ReadonlyMap<string, T>) => {
      for (const object of items.values()) take(object)
    },
    onChange: ({ object }: { readonly object: T }) => take(object),
  }
}
