import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { describe, it } from 'node:test'
import { seededRandom } from '../telemetry/clock.ts'
import { nodes } from './api.ts'
import { type WatchState, watchObjects } from './list-watch.ts'
import { Collection, follow, item } from './testing/scripted-collection.ts'
import { failure, json, pair, until } from './testing/scripted-server.ts'

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

  it('silence where the server sends no bookmarks (Events): looks whether it is there, without alarm', async (t) => {
    const { collection, clock, states, wait } = await follow(t, [item('a', 3)])
    await clock.advance(100_000)
    await wait(() => collection.starts.length === 2, 'the watch is open again')
    assert.deepEqual([collection.probes, collection.lists], [1, 1])
    assert.deepEqual(
      states.map((state) => state.inSync),
      [true],
    )
  })

  it('a server that accepts and says nothing: the probe and the opening have limits of their own', async (t) => {
    const { server, collection, clock, states, reopened } = await follow(t, [item('a', 3)])
    server.play(() => undefined)
    await clock.advance(100_000)
    await until(() => server.requests.length === 3, 'it asks where the server stands')
    await clock.advance(10_000)
    await until(() => states.length === 2, 'the alarm')
    assert.match(states[1]?.error?.message ?? '', /list nodes: no data for 10 s/)
    server.play((seen, response) => {
      if (!seen.url.searchParams.has('watch')) collection.script(seen, response)
    })
    await clock.advance(1_000)
    await until(() => server.requests.length === 5, 'it asks for the watch')
    await clock.advance(30_000)
    await until(() => states.length === 3, 'the second alarm')
    assert.match(states[2]?.error?.message ?? '', /watch nodes: no data for 30 s/)
    server.play(collection.script)
    await reopened(2)
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

  it('410 after a long outage: lists again soon, not after the back-off of the outage', async (t) => {
    const { collection, server, clock, changes } = await follow(t, [item('a', 3)])
    server.play((seen) => seen.socket.resetAndDestroy())
    collection.watches[0]?.socket?.resetAndDestroy()
    for (let second = 0; second < 120; second++) await clock.advance(1_000)
    collection.items = []
    server.play((seen, response) =>
      seen.url.searchParams.get('resourceVersion') === '10'
        ? json(response, 410, failure(410, 'Expired', 'too old'))
        : collection.script(seen, response),
    )
    const before = server.requests.length
    for (let tenth = 0; tenth < 400 && server.requests.length < before + 2; tenth++) await clock.advance(100)
    await until(() => server.requests.length === before + 2, 'the 410')
    await clock.advance(300)
    await until(() => changes.length === 1, 'the list')
    assert.deepEqual(changes, ['deleted a/red@3'])
  })

  it('410 to whatever it lists: backs off', async (t) => {
    const { collection, server, clock } = await follow(t, [])
    server.play((seen, response) =>
      seen.url.searchParams.has('watch')
        ? json(response, 410, failure(410, 'Expired', 'too old'))
        : collection.script(seen, response),
    )
    collection.watches[0]?.end()
    for (let second = 0; second < 300; second++) await clock.advance(1_000)
    assert.ok(collection.lists > 10 && collection.lists < 40, String(collection.lists))
  })

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
