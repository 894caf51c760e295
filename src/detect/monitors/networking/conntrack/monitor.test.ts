import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { lookAt } from '../../testing/look-at.ts'
import { conntrack } from './monitor.ts'

const folder = 'proc/sys/net/netfilter'
const table = (entries: number, limit: number) => ({
  [`${folder}/nf_conntrack_count`]: `${entries}\n`,
  [`${folder}/nf_conntrack_max`]: `${limit}\n`,
})

describe('conntrack', () => {
  it('measures how full the table is', async () => {
    const { state, levels, gauges } = await lookAt(conntrack, table(2_621, 262_144))
    assert.deepEqual([state, levels], ['checked', []])
    assert.deepEqual(gauges, ['nodemend_conntrack_used_percent 0.9998321533203125', 'nodemend_conntrack_entries 2621'])
  })

  it('is over its limit above 90 %, and held down to 80 %', async () => {
    const text = (used: number) =>
      `ConntrackNearlyFull: ${used} % of the 1000 entries of the connection tracking table are in use`
    assert.deepEqual((await lookAt(conntrack, table(901, 1_000))).levels, [`over ${text(90.1)}`])
    assert.deepEqual((await lookAt(conntrack, table(900, 1_000))).levels, [`held ${text(90)}`])
    assert.deepEqual((await lookAt(conntrack, table(800, 1_000))).levels, [])
  })

  it('treats a limit of 0 as no limit', async () => {
    assert.deepEqual((await lookAt(conntrack, table(500, 0))).levels, [])
  })

  it('is absent where connection tracking is not loaded', async () => {
    const { state, absent } = await lookAt(conntrack, {})
    assert.deepEqual([state, absent], ['checked', 'connection tracking is not loaded'])
  })

  it('is blind where its files cannot be read or hold no numbers', async () => {
    assert.match((await lookAt(conntrack, { [`${folder}/nf_conntrack_count`]: null })).why ?? '', /EISDIR/)
    const { state, why } = await lookAt(conntrack, { ...table(1, 2), [`${folder}/nf_conntrack_count`]: 'many\n' })
    assert.deepEqual([state, why], ['blind', 'nf_conntrack_count or nf_conntrack_max is not a number'])
  })
})
