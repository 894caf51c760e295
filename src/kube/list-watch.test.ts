import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { follow, type Item, item } from './testing/scripted-collection.ts'
import { until } from './testing/scripted-server.ts'

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

  it('waits before it asks a server again that ends watches at once', async (t) => {
    const { collection, clock, server } = await follow(t, [])
    server.play((seen, response) => {
      collection.open(seen, response)
      response.end()
    })
    collection.watches[0]?.end()
    await clock.advance(10_000)
    assert.ok(collection.starts.length > 3 && collection.starts.length < 12, String(collection.starts.length))
  })

  it('goes on after handlers and projections that throw, and reports their errors', async (t) => {
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
