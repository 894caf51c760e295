/** Starting subjects and waiting until they have reported once. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { NodeCondition } from '../../src/model/condition.ts'
import { freePorts } from '../../test/cluster/process/ports.ts'
import { ProcessGroup, type Running, tail } from '../../test/cluster/process/processes.ts'
import { takeBundles } from '../bundles.ts'
import { type ApiServer, addNode } from '../server/api-server.ts'
import { serveKind } from '../server/custom-kind.ts'
import { type NodeWatch, type Seen, watchNode } from '../server/node-watch.ts'
import { nma } from './nma.ts'
import { nodemend } from './nodemend.ts'
import { npd } from './npd.ts'
import type { Peer } from './peers.ts'
import type { Subject } from './subject.ts'

/** The slowest peer first writes after 15 s. */
const firstReportMs = 60_000

export interface Manner {
  /** URL of a proxy before the API server. */
  readonly url?: string
  /** See {@link Place.faults}; default true. */
  readonly faults?: boolean
}

/** One running instance. */
export interface Instance {
  readonly running: Running
  /** See {@link NodeWatch}; when the instance has ended, the error quotes the end of its log. */
  until(wanted: (conditions: readonly NodeCondition[]) => boolean, timeoutMs: number): Promise<Seen | undefined>
}

/** Ours first, then the named peers. Builds our bundle anew, so that the bench measures the present source. */
export function subjectsFor(peers: readonly Peer[], folder: string): Subject[] {
  return [nodemend(takeBundles(folder).agent), ...peers.map(subjectOf)]
}

function subjectOf({ name, path }: Peer): Subject {
  switch (name) {
    case 'nma':
      return nma(path)
    case 'npd':
      return npd(path)
  }
}

/** Instances that end with the run, by process id. */
export class Lab {
  readonly #apiServer: ApiServer
  readonly #processes: ProcessGroup
  readonly #watches: NodeWatch[] = []
  #started = 0

  constructor(apiServer: ApiServer) {
    this.#apiServer = apiServer
    this.#processes = new ProcessGroup(apiServer.folder)
  }

  /** Starts an instance on a node of its own. */
  async start(subject: Subject, { url, faults = true }: Manner = {}): Promise<Instance> {
    const nodeName = `bench-${subject.name}-${this.#started++}`
    const folder = join(this.#apiServer.folder, nodeName)
    mkdirSync(folder)
    for (const kind of subject.needs ?? []) await serveKind(this.#apiServer.endpoint, kind)
    await addNode(this.#apiServer.endpoint, nodeName)
    const ports = await freePorts(3)
    const kubeconfig = this.#apiServer.kubeconfig(url)
    const running = this.#processes.start(subject.launch({ folder, kubeconfig, nodeName, faults, ports }))
    const watch = await watchNode(this.#apiServer.endpoint, nodeName, running.exited)
    this.#watches.push(watch)
    const until: Instance['until'] = async (wanted, timeoutMs) => {
      try {
        return await watch.until(wanted, timeoutMs)
      } catch (error) {
        throw withLog((error as Error).message, running)
      }
    }
    return { running, until }
  }

  /** The same, and waits for its first report. Rejects with the end of its log when none comes. */
  async startReady(subject: Subject, manner: Manner = {}): Promise<Instance> {
    const instance = await this.start(subject, manner)
    const seen = await instance.until((conditions) => subject.isReady(conditions), firstReportMs)
    if (seen) return instance
    throw withLog(`NM_BENCH_LATE: no first report within ${firstReportMs / 1000} s`, instance.running)
  }

  end(instance: Instance): Promise<void> {
    return this.#processes.end(instance.running, 0)
  }

  async close(): Promise<void> {
    for (const watch of this.#watches) watch.close()
    await this.#processes.stop(0)
  }
}

/** The first line says what happened, the others show where to look. */
function withLog(sentence: string, { logFile }: Running): Error {
  return new Error(`${sentence}\nThe end of its log:\n${tail(logFile)}`)
}
