/** A watched collection of a scripted server, and our client following it: what the list-watch tests stand on. */
import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import type { TestContext } from 'node:test'
import { type SteppedClock, seededRandom } from '../../telemetry/clock.ts'
import { type KubeObject, nodes } from '../api.ts'
import { type WatchChange, type WatchState, watchObjects } from '../list-watch.ts'
import { json, pair, type Script, type ScriptedServer, type SeenRequest, until } from './scripted-server.ts'

export interface Item extends KubeObject {
  readonly color?: string
}

export function item(name: string, version: number, color = 'red', uid = name): Item {
  return { metadata: { name, uid, resourceVersion: String(version) }, color }
}

/** A server's collection: lists it, answers the probe for its version, and lets the test speak on the watches that are open. */
export class Collection {
  version = 10
  items: Item[] = []
  readonly watches: ServerResponse[] = []
  readonly starts: string[] = []
  lists = 0
  probes = 0

  readonly script: Script = (seen, response) => {
    if (seen.url.searchParams.has('watch')) this.open(seen, response)
    else if (seen.url.searchParams.get('limit') === '1') {
      this.probes++
      json(response, 200, { metadata: { resourceVersion: String(this.version) }, items: this.items.slice(0, 1) })
    } else {
      this.lists++
      json(response, 200, { metadata: { resourceVersion: String(this.version) }, items: this.items })
    }
  }

  open(seen: SeenRequest, response: ServerResponse): void {
    this.starts.push(seen.url.searchParams.get('resourceVersion') ?? '')
    this.watches.push(response)
    response.writeHead(200)
    response.flushHeaders()
  }

  say(type: string, object: object): void {
    this.watches.at(-1)?.write(`${JSON.stringify({ type, object })}\n`)
  }
}

export interface Followed {
  readonly server: ScriptedServer
  readonly clock: SteppedClock
  readonly collection: Collection
  readonly changes: string[]
  readonly syncs: string[]
  readonly states: WatchState[]
  readonly stop: AbortController
  /** Lets time pass in steps until the condition holds. */
  wait(condition: () => boolean, what: string): Promise<void>
  /** Waits until the server has seen so many watches and the client knows that the last is open. */
  reopened(watches: number): Promise<void>
}

/** A watch of our client on a collection of these items; it is open when this resolves, and stopped when the test ends. */
export async function follow(
  t: TestContext,
  items: Item[],
  handlers: { onChange?: (change: WatchChange<Item>) => void; onSync?: () => void; project?: (one: Item) => Item } = {},
): Promise<Followed> {
  const collection = new Collection()
  collection.items = items
  const { server, api, clock } = await pair(t, collection.script)
  const stop = new AbortController()
  const seen = { changes: [] as string[], syncs: [] as string[], states: [] as WatchState[] }
  const running = watchObjects<Item>({
    api,
    clock,
    random: seededRandom(7),
    resource: nodes,
    ...(handlers.project ? { project: handlers.project } : {}),
    onSync(all) {
      seen.syncs.push([...all.values()].map(text).join(' '))
      handlers.onSync?.()
    },
    onChange(change) {
      seen.changes.push(`${change.type} ${text(change.object)}`)
      handlers.onChange?.(change)
    },
    onState: (state) => seen.states.push(state),
    signal: stop.signal,
  })
  t.after(async () => {
    stop.abort()
    await running
    assert.equal(clock.waiting, 0, 'no timer is left')
  })
  const wait = async (condition: () => boolean, what: string): Promise<void> => {
    for (let step = 0; step < 2_000 && !condition(); step++) await clock.advance(20)
    await until(condition, what)
  }
  await until(() => collection.watches.length === 1, 'the watch is open')
  const reopened = (watches: number): Promise<void> =>
    wait(() => collection.starts.length === watches && seen.states.at(-1)?.inSync === true, 'the watch is open again')
  return { server, clock, collection, stop, wait, reopened, ...seen }
}

function text({ metadata, color }: Item): string {
  return `${metadata.name}/${color}@${metadata.resourceVersion}`
}
