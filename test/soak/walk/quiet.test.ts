/** What a controller asks of the API server while nothing is wrong: it watches, renews its lease, and leaves the server alone. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { happenHere } from './events.ts'
import { policySpec } from './policies.ts'
import { types, World } from './world.ts'

const minuteMs = 60_000

test('in ten idle minutes at 1,000 nodes: watches, lease renewals and nothing else', async (t) => {
  const cluster = { groups: { pool: { size: 1_000 } } }
  const world = new World({ seed: 1, cluster, settleMs: 300_000, check: () => undefined })
  t.after(() => world.stop())
  world.cluster.start()
  await world.pass(5_000)
  const match = types.map((condition) => ({ condition }))
  happenHere(world, { policies: { careful: { ...policySpec(0), match } } })
  for (const life of world.lives) life.start()
  await world.pass(2 * minuteMs)
  const before = new Map(world.calls)
  await world.pass(10 * minuteMs)
  const calls = [...world.calls].map(([call, count]) => [call, count - (before.get(call) ?? 0)] as const)
  const made = Object.fromEntries(calls.filter(([, count]) => count > 0))
  t.diagnostic(JSON.stringify(made))
  const plurals = ['nodes', 'repairpolicies', 'noderepairs', 'nodeclaims', 'nodepools', 'nodemendremediations']
  const watched = plurals.map((plural) => `watch ${plural}`)
  const known = new Set([...watched, 'update leases', 'get leases'])
  assert.deepEqual(
    Object.keys(made).filter((call) => !known.has(call)),
    [],
  )
  // The leader writes every two seconds; the other replica reads every two seconds and a bit.
  const [renewed = 0, read = 0] = [made['update leases'], made['get leases']]
  assert.ok(renewed >= 270 && renewed <= 300, `${renewed} renewals`)
  assert.ok(read >= 240 && read <= 300, `${read} looks of the other replica`)
  for (const watch of watched) assert.ok((made[watch] ?? 0) <= 2 * 3, `${watch}: ${made[watch]}`)
})
