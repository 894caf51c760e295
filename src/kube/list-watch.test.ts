import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { describe, it, type TestContext } from 'node:test'
import { type SteppedClock, seededRandom } from '../telemetry/clock.ts'
import { type KubeObject, nodes } from './api.ts'
import { type WatchChange, type WatchState, watchObjects } from './list-watch.ts'
import { failure, json, pair, type Script, type ScriptedServer, type SeenRequest, until } from './scripted-server.ts'

interface Item extends KubeObject {
  readonly color?: string
}

function item(name: string, version: number, color = 'red', uid = name): Item {
  return { metadata: { name, uid, resourceVersion: String(version) }, color }
}

/** A model of a server's collection that lists it and lets the test speak on the watches that are open. */
class Collection {
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

interface Followed {
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

async function follow(
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

describe('a watch', () => {
  it('starts with the whole list, then reports each change', async (t) => {
    const { collection, changes, syncs, states } = await follow(t, [item('a', 3), item('b', 4)])
    assert.deepEqual(syncs, ['a/red@3 b/red@4'])
    collection.say('MODIFIED', item('a', 11, 'blue'))
    collection.say('ADDED', item('c', 12))
    collection.say('DELETED', item('b', 13))
    collection.say('BOOKMARK', { metadata: { resourceVersion: '20' } })
    await until(() => changes.length === 3, 'the changes came')
    assert.deepEqual(changes, ['modified a/blue@11', 'added c/red@12', 'deleted b/red@13'])
    assert.deepEqual(states, [{ inSync: true, sinceMonotonic: 0 }])
    assert.deepEqual(collection.starts, ['10'])
  })

  it('asks for bookmarks, a bounded life and its own scope', async (t) => {
    const { server } = await follow(t, [])
    const query = Object.fromEntries(server.requests.at(-1)?.url.searchParams ?? [])
    const seconds = Number(query.timeoutSeconds)
    assert.ok(seconds >= 300 && seconds <= 600)
    assert.equal(query.allowWatchBookmarks, 'true')
  })

  it('keeps of each object only the projection', async (t) => {
    const project = (one: Item): Item => ({ metadata: one.metadata, color: `light ${one.color}` })
    const { collection, syncs, changes } = await follow(t, [item('a', 3)], { project })
    collection.say('MODIFIED', item('a', 11, 'blue'))
    await until(() => changes.length === 1, 'the change came')
    assert.deepEqual([...syncs, ...changes], ['a/light red@3', 'modified a/light blue@11'])
  })

  it('takes an object with another UID under the same name for another object', async (t) => {
    const { collection, changes } = await follow(t, [item('a', 3, 'red', 'first')])
    collection.say('MODIFIED', item('a', 11, 'red', 'second'))
    await until(() => changes.length === 2, 'both changes came')
    assert.deepEqual(changes, ['deleted a/red@3', 'added a/red@11'])
  })

  it('goes on from the last version, bookmarks included, after the server ended it', async (t) => {
    const { collection, states, reopened } = await follow(t, [item('a', 3)])
    collection.say('BOOKMARK', { metadata: { resourceVersion: '42' } })
    collection.watches[0]?.end()
    await reopened(2)
    assert.deepEqual(collection.starts, ['10', '42'])
    assert.equal(collection.lists, 1)
    assert.deepEqual(
      states.map((state) => state.inSync),
      [true],
    )
  })

  it('does not ask at once a server that hangs up at once', async (t) => {
    const { collection, clock, server } = await follow(t, [])
    server.play((seen, response) => {
      collection.open(seen, response)
      response.end()
    })
    collection.watches[0]?.end()
    await clock.advance(10_000)
    assert.ok(collection.starts.length > 3 && collection.starts.length < 12, String(collection.starts.length))
  })

  it('outlives handlers and projections that throw, and says so', async (t) => {
    const broken = (): never => {
      throw new Error('boom')
    }
    const project = (one: Item): Item => (one.color === 'bad' ? broken() : one)
    const { collection, changes, states } = await follow(t, [item('a', 3)], {
      onChange: broken,
      onSync: broken,
      project,
    })
    collection.say('MODIFIED', item('a', 11, 'blue'))
    collection.say('MODIFIED', item('a', 12, 'bad'))
    collection.say('DELETED', item('a', 13, 'blue'))
    await until(() => changes.length === 2, 'the changes came')
    assert.deepEqual(changes, ['modified a/blue@11', 'deleted a/blue@13'])
    const codes = states.flatMap((state) => state.error?.code ?? [])
    assert.deepEqual(codes, Array(4).fill('NM_KUBE_HANDLER'))
    assert.match(states[0]?.error?.message ?? '', /watch nodes: a handler of this program failed: boom/)
    assert.equal(states.at(-1)?.inSync, true)
  })
})

describe('a watch survives', () => {
  const cuts: readonly [string, (response: ServerResponse) => void, string][] = [
    ['a reset between lines', (response) => response.socket?.resetAndDestroy(), 'NM_KUBE_NETWORK'],
    [
      'a reset in the middle of a line',
      (response) => response.write('{"type":"ADDED","object":{"met', () => response.socket?.resetAndDestroy()),
      'NM_KUBE_NETWORK',
    ],
    ['a line that is no JSON', (response) => response.write('{"type":"ADD\n'), 'NM_KUBE_ANSWER'],
    ['a line that is no event', (response) => response.write('"hello"\n'), 'NM_KUBE_ANSWER'],
  ]
  for (const [name, cut, code] of cuts) {
    it(`${name}: goes on where it was`, async (t) => {
      const { collection, changes, states, reopened } = await follow(t, [item('a', 3)])
      collection.say('MODIFIED', item('a', 11, 'blue'))
      await until(() => changes.length === 1, 'the change came')
      collection.version = 11
      const [response] = collection.watches
      if (response) cut(response)
      await reopened(2)
      collection.say('MODIFIED', item('a', 12, 'green'))
      await until(() => changes.length === 2, 'the next change came')
      assert.deepEqual(changes, ['modified a/blue@11', 'modified a/green@12'])
      assert.deepEqual([collection.starts, collection.lists, collection.probes], [['10', '11'], 1, 1])
      assert.deepEqual(
        states.map((state) => state.error?.code ?? state.inSync),
        [true, code, true],
      )
    })
  }

  it('a half-open connection: silence beyond the bookmarks breaks it', async (t) => {
    const { collection, clock, states, reopened } = await follow(t, [item('a', 3)])
    await clock.advance(75_000)
    collection.say('BOOKMARK', { metadata: { resourceVersion: '10' } })
    await clock.advance(75_000)
    assert.equal(collection.starts.length, 1)
    await reopened(2)
    assert.deepEqual(
      states.map((state) => state.error?.code ?? state.inSync),
      [true, 'NM_KUBE_TIMEOUT', true],
    )
  })

  for (const how of ['as an answer', 'as an event']) {
    it(`410 ${how}: lists again and reports exactly what happened meanwhile`, async (t) => {
      const { collection, server, changes, syncs, reopened } = await follow(t, [
        item('a', 3),
        item('b', 4),
        item('c', 5),
      ])
      collection.items = [item('a', 3), item('b', 30, 'blue'), item('d', 31)]
      collection.version = 40
      const gone = failure(410, 'Expired', 'too old resource version')
      if (how === 'as an event') collection.say('ERROR', gone)
      else {
        server.play((seen, response) =>
          seen.url.searchParams.get('resourceVersion') === '10'
            ? json(response, 410, gone)
            : collection.script(seen, response),
        )
        collection.watches[0]?.end()
      }
      await reopened(2)
      assert.deepEqual(changes, ['deleted c/red@5', 'modified b/blue@30', 'added d/red@31'])
      assert.equal(syncs.at(-1), 'a/red@3 b/blue@30 d/red@31')
      assert.deepEqual([collection.lists, collection.starts.at(-1)], [2, '40'])
    })
  }

  it('429, and leaves the server alone for as long as it asks', async (t) => {
    const { collection, server, clock, states, wait, reopened } = await follow(t, [])
    let refused = 0
    server.play((_seen, response) => {
      refused++
      json(response, 429, failure(429, 'TooManyRequests', 'busy'), { 'retry-after': '7' })
    })
    collection.watches[0]?.end()
    await wait(() => refused === 1 && states.at(-1)?.error !== undefined, 'the refusal')
    await clock.advance(6_900)
    assert.equal(refused, 1)
    server.play(collection.script)
    await reopened(2)
    assert.deepEqual(
      states.map((state) => state.error?.code ?? state.inSync),
      [true, 'NM_KUBE_THROTTLED', true],
    )
  })

  it('500 for a while, with a back-off that grows to 30 s', async (t) => {
    const { collection, server, clock, states, reopened } = await follow(t, [])
    const at: number[] = []
    server.play((_seen, response) => {
      at.push(clock.monotonic())
      json(response, 500, failure(500, 'InternalError', 'etcd has no leader'))
    })
    collection.watches[0]?.end()
    while (clock.monotonic() < 300_000) {
      await clock.advance(250)
    }
    const waits = at.slice(1).map((time, index) => time - (at[index] ?? 0))
    assert.ok(waits.length >= 14 && waits.length <= 26, String(waits))
    assert.ok(Math.max(...waits) <= 30_500 && Math.max(...waits) >= 15_000, String(waits))
    server.play(collection.script)
    await reopened(2)
    assert.equal(states.at(-1)?.inSync, true)
    assert.equal(collection.lists, 1)
  })

  it('a server that comes back with lower versions: lists again instead of waiting for ever', async (t) => {
    const { collection, changes, reopened } = await follow(t, [item('a', 3)])
    collection.version = 2
    collection.items = [item('b', 1)]
    collection.watches[0]?.socket?.resetAndDestroy()
    await reopened(2)
    assert.deepEqual(changes, ['deleted a/red@3', 'added b/red@1'])
    assert.deepEqual(collection.starts, ['10', '2'])
  })

  it('an event with a lower version: lists again', async (t) => {
    const { collection, reopened, states } = await follow(t, [item('a', 3)])
    collection.say('ADDED', item('b', 4))
    await reopened(2)
    assert.equal(collection.lists, 2)
    assert.match(states[1]?.error?.message ?? '', /went back from version 10 to 4/)
  })

  it('a server that is away when it starts', async (t) => {
    const collection = new Collection()
    const { server, api, clock } = await pair(t, (seen) => seen.socket.resetAndDestroy())
    const stop = new AbortController()
    const states: WatchState[] = []
    let synced = 0
    const running = watchObjects({
      api,
      clock,
      random: seededRandom(7),
      resource: nodes,
      onSync: () => synced++,
      onChange: () => undefined,
      onState: (state) => states.push(state),
      signal: stop.signal,
    })
    await until(() => states.length === 1, 'the first failure')
    server.play(collection.script)
    await clock.advance(1_000)
    await until(() => synced === 1, 'it is in sync')
    assert.equal(states[0]?.inSync, false)
    stop.abort()
    await running
    assert.equal(clock.waiting, 0)
  })
})
