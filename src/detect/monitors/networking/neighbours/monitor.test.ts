import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { looksAt } from '../../testing/look-at.ts'
import { neighbours } from './monitor.ts'

const names =
  'entries  allocs   destroys hash_grows lookups  hits     res_failed rcv_probes_mcast rcv_probes_ucast periodic_gc_runs forced_gc_runs unresolved_discards table_fulls'
/** Statistics on two CPUs. */
const table = (entries: number, cleanings: number, full: number) => {
  const row = [entries, 9, 9, 1, 9, 9, 0, 0, 0, 9, cleanings, 0, full].map((one) => one.toString(16).padStart(8, '0'))
  return { 'proc/net/stat/arp_cache': `${names}\n${row.join(' ')}\n${row.join(' ')}\n` }
}
const seen = async (...states: readonly ReturnType<typeof table>[]) =>
  (await looksAt(neighbours, states, 30_000)).map(({ levels }) => levels.filter((level) => level.startsWith('over')))

describe('neighbours', () => {
  it('sees a full table on all CPUs, and forgets it after five minutes', async () => {
    const levels = await seen(table(1_020, 5, 0), table(1_024, 6, 20), ...Array(11).fill(table(900, 6, 20)))
    assert.deepEqual(levels[1], [
      'over NeighbourTableOverflow: the table was full for 40 neighbours in five minutes; it has 1024 entries on arp_cache',
    ])
    assert.deepEqual([levels[0], levels.at(-1)], [[], []])
  })

  it('sees a table that is cleaned all the time', async () => {
    assert.deepEqual((await seen(table(600, 5, 0), table(600, 30, 0)))[1], [
      'over NeighbourTableNearlyFull: the table was cleaned 50 times in five minutes; it has 600 entries on arp_cache',
    ])
  })

  it('minds no number of entries by itself: those that a container network manages do not count', async () => {
    const [look] = await looksAt(neighbours, [table(5_000, 0, 0)], 0)
    assert.ok(look?.gauges.includes('nodemend_neighbours_entries{device="arp_cache"} 5000'))
    assert.deepEqual(await seen(table(5_000, 0, 0), table(5_000, 0, 0)), [[], []])
  })

  it('is absent without the tables, and blind where they have another format', async () => {
    const looks = await looksAt(
      neighbours,
      [{}, { 'proc/net/stat/arp_cache': 'x\n' }, { 'proc/net/stat/arp_cache': '' }],
      0,
    )
    assert.match(looks[0]?.absent ?? '', /no tables/)
    assert.match(looks[2]?.why ?? '', /another format/)
  })
})
