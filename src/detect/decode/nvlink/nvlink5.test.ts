import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadTables } from '../../../catalog/tables.ts'
import { judgeNvlink5 } from './nvlink5.ts'

const folder = join(import.meta.dirname, '../../../../catalog/tables')
const tables = loadTables((file) => ({ file, text: readFileSync(join(folder, file), 'utf8') }))
const judge = (xid: number, text: string) => judgeNvlink5(xid, text, tables.nvlink5, 'warning')

/** A word that fits a pattern, free bits as in `fill`. */
const wordFor = (pattern: string, fill: string) => Number.parseInt(pattern.replaceAll('-', fill), 2)
const hex = (word: number) => `0x${word.toString(16).padStart(8, '0')}`

test('every row is found by a word of either layout', () => {
  for (const row of tables.nvlink5) {
    for (const pattern of [row.intrV1, row.intrV2]) {
      const text = `${row.unit} Nonfatal XC0 i0 Link 0 (${hex(wordFor(pattern, '0'))} ${row.status ?? '0x00000000'} 0x0)`
      const verdict = judge(row.xid, text)
      assert.deepEqual([verdict.by, verdict.severity, verdict.action], ['row', row.severity, row.action], text)
    }
  }
})

test('no word fits rows of both layouts inside one Xid, 150 excepted', () => {
  const clash = (a: string, b: string) => [...a].every((bit, at) => bit === '-' || b[at] === '-' || bit === b[at])
  for (const first of tables.nvlink5) {
    for (const second of tables.nvlink5) {
      if (first.xid !== second.xid || first.xid === 150) continue
      assert.ok(!clash(first.intrV1, second.intrV2), `${first.unit} and ${second.unit}`)
    }
  }
})

test('the table outranks the word in the line', () => {
  const ignored = 'NETIR_LINK_EVT Fatal XC0 i0 Link 00 (0x026001c6 0x00000000 0x00000000)'
  assert.equal(judge(149, ignored).severity, 'warning')
  const reset = 'RLW_REMAP Nonfatal XC1 i0 Link 10 (0x00000082 0x00000040 0x00000000)'
  assert.deepEqual([judge(145, reset).severity, judge(145, reset).action], ['fatal', 'reset-gpu'])
})

test('a promoted word means a reset', () => {
  const row = tables.nvlink5.find((one) => one.promoteV2 !== undefined)
  assert.ok(row?.promoteV2)
  const text = `RLW_RXPIPE Nonfatal (${hex(wordFor(row.promoteV2, '0'))} ${row.status} 0x0)`
  assert.deepEqual([judge(145, text).severity, judge(145, text).action], ['fatal', 'reset-gpu'])
})

test('status bits that come together are judged by the worst of them', () => {
  assert.equal(judge(145, 'RLW_REMAP Nonfatal (0x00000004 0x00000141 0x0)').severity, 'fatal')
  assert.equal(judge(145, 'RLW_REMAP Nonfatal (0x00000004 0x00000101 0x0)').severity, 'warning')
})

test('without a row the word decides, and without a word the number', () => {
  assert.equal(judge(149, 'NETIR Fatal XC0 i0 Link -1 (0x000fe406').by, 'word')
  assert.equal(judge(149, 'NETIR Fatal XC0 i0 Link -1 (0x000fe406').severity, 'fatal')
  assert.equal(judge(147, 'TREX_ERR Nonfatal XC 00 i 00 Link 02 (0x00000005)').severity, 'warning')
  assert.deepEqual(judge(145, 'driver-specific detail'), { severity: 'warning', action: 'none', by: 'number' })
})
