/** The calls of the scenario to one server, and waits for the state of a list. */
import { systemClock } from '../../src/telemetry/clock.ts'
import { at } from './run.ts'
import { type ServerUnderTest, send } from './send.ts'

export type Thing = Readonly<Record<string, unknown>>

const pollMs = 100
const patienceMs = 40_000
export const namespace = 'story'
export const apps = `/apis/apps/v1/namespaces/${namespace}`
export const pods = `/api/v1/namespaces/${namespace}/pods`
export const budgets = `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`
const merge = 'application/merge-patch+json'

const readyStatus = {
  status: {
    phase: 'Running',
    conditions: [
      { type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' },
      { type: 'ContainersReady', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' },
    ],
  },
}

export class Story {
  readonly #server: ServerUnderTest

  constructor(server: ServerUnderTest) {
    this.#server = server
  }

  async node(name: string): Promise<void> {
    const amounts = { cpu: '4', memory: '8Gi', pods: '20' }
    const conditions = [
      {
        type: 'Ready',
        status: 'True',
        reason: 'KubeletReady',
        lastHeartbeatTime: new Date(systemClock.now()).toISOString(),
      },
    ]
    await this.post('/api/v1/nodes', {
      metadata: { name, labels: { 'kubernetes.io/hostname': name } },
      status: { capacity: amounts, allocatable: amounts, conditions },
    })
  }

  /** Writes pod status as kubelet does until `count` pods of an application are ready. */
  async run(app: string, count: number): Promise<void> {
    const path = `${pods}?labelSelector=app%3D${app}`
    await this.#wait(async () => {
      const all = await this.list(path)
      const waiting = all.filter((one) => at(one, 'spec.nodeName') && at(one, 'status.phase') === 'Pending')
      for (const one of waiting)
        await this.patch(
          `${pods}/${at(one, 'metadata.name')}/status`,
          readyStatus,
          'application/strategic-merge-patch+json',
        )
      return (
        all.filter((one) => at(one, 'status.phase') === 'Running' && !at(one, 'metadata.deletionTimestamp')).length ===
        count
      )
    }, `${count} pods of ${app}`)
  }

  async evict(name: string): Promise<unknown> {
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } }
    return at(await this.#send('POST', `${pods}/${name}/eviction`, body), 'status')
  }

  /** Waits for the state of the list; returns `show` of each item, in order of its text. */
  async until(
    path: string,
    done: (items: readonly Thing[]) => boolean,
    show: (item: Thing) => unknown,
  ): Promise<unknown> {
    let items: readonly Thing[] = []
    await this.#wait(async () => {
      items = (await this.list(path)).filter(
        (one) => path !== '/api/v1/namespaces' || at(one, 'metadata.name') === namespace,
      )
      return done(items)
    }, path)
    return items.map(show).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  }

  async list(path: string): Promise<readonly Thing[]> {
    const items = at(await this.#send('GET', path), 'items')
    return Array.isArray(items) ? items : []
  }

  async post(path: string, body: unknown): Promise<void> {
    await this.#send('POST', path, body)
  }

  async patch(path: string, body: unknown, type = merge): Promise<void> {
    await this.#send('PATCH', path, body, type)
  }

  async remove(path: string): Promise<void> {
    await this.#send('DELETE', path)
  }

  async #wait(done: () => Promise<boolean>, what: string): Promise<void> {
    const deadline = systemClock.monotonic() + patienceMs
    while (!(await done())) {
      if (systemClock.monotonic() > deadline) throw new Error(`${this.#server.url}: never came to ${what}`)
      await new Promise<void>((resolve) => systemClock.after(pollMs, resolve))
    }
  }

  async #send(method: string, path: string, body?: unknown, type = 'application/json'): Promise<unknown> {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const headers = {
      authorization: `Bearer ${this.#server.token}`,
      ...(text === undefined ? {} : { 'content-type': type }),
    }
    const reply = await send(this.#server, { method, path, headers, text })
    const answer: unknown = JSON.parse(reply.text)
    if (reply.status >= 400 && reply.status !== 404) throw new Error(`${method} ${path}: ${reply.text}`)
    return answer
  }
}
