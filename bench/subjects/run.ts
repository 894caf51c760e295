/** Starting subjects and waiting until they have reported once. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts } from '../../test/cluster/ports.ts'
import { ProcessGroup, type Running, tail } from '../../test/cluster/processes.ts'
import { takeBundles } from '../bundles.ts'
import { type NodeWatch, watchNode } from '../target/node-watch.ts'
import { addNode, type Target } from '../target/target.ts'
import { nma } from './nma.ts'
import { nodemend } from './nodemend.ts'
import { npd } from './npd.ts'
import type { Peer } from './peers.ts'
import type { Subject } from './subject.ts'

/** The slowest peer first writes after 15 s. */
const firstReportMs = 60_000

export interface Manner {
  /** URL of a gate, where one stands in between. */
  readonly url?: string
  /** See {@link Place.faults}; default true. */
  readonly faults?: boolean
}

/** One running instance. */
export interface Instance {
  readonly running: Running
  readonly watch: NodeWatch
}

/** Ours first, then the peers that were named; builds our bundle anew, so that what is measured is what is here. */
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
  readonly #target: Target
  readonly #processes: ProcessGroup
  readonly #watches: NodeWatch[] = []
  #started = 0

  constructor(target: Target) {
    this.#target = target
    this.#processes = new ProcessGroup(target.folder)
  }

  /** Starts an instance on a node of its own. */
  async start(subject: Subject, { url, faults = true }: Manner = {}): Promise<Instance> {
    const nodeName = `bench-${subject.name}-${this.#started++}`
    const folder = join(this.#target.folder, nodeName)
    mkdirSync(folder)
    await addNode(this.#target.door, nodeName)
    const watch = await watchNode(this.#target.door, nodeName)
    this.#watches.push(watch)
    const ports = await freePorts(3)
    const kubeconfig = this.#target.kubeconfig(url)
    const program = subject.launch({ folder, kubeconfig, nodeName, faults, ports })
    return { running: this.#processes.start(program), watch }
  }

  /** The same, and waits for its first report. Rejects with the end of its log when none comes. */
  async startReady(subject: Subject, manner: Manner = {}): Promise<Instance> {
    const instance = await this.start(subject, manner)
    try {
      await instance.watch.until((conditions) => subject.isReady(conditions), firstReportMs, 'the first report')
    } catch (error) {
      const { message } = error as Error
      throw new Error(`${message}\nThe end of its log:\n${tail(instance.running.logFile)}`)
    }
    return instance
  }

  end(instance: Instance): Promise<void> {
    return this.#processes.end(instance.running, 0)
  }

  async close(): Promise<void> {
    for (const watch of this.#watches) watch.close()
    await this.#processes.stop(0)
  }
}
