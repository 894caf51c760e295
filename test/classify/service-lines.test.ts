/** Lines of services through `classify`: the name in the frame stands for the unit, and the rules of the journal hold. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { compileShipped } from '../../src/catalog/shipped.ts'
import { classify } from './read.ts'

const fixtures = join(import.meta.dirname, '..', '..', 'fixtures', 'journal-lines')
const pidOne = 'init.scope'

function rowsOf(file: string): readonly (readonly string[])[] {
  const [, ...rows] = readFileSync(join(fixtures, file), 'utf8').trimEnd().split('\n')
  return rows.map((row) => row.split('\t'))
}

/** The frames of `journalctl`, of syslog and of a log shipper around a line of `unit`. */
function framed(unit: string, line: string): readonly string[] {
  const name = unit === pidOne ? 'systemd' : unit.replace(/\.service$/, '')
  const pid = unit === pidOne ? '1' : '2718'
  const record = { _TRANSPORT: 'stdout', _SYSTEMD_UNIT: unit, SYSLOG_IDENTIFIER: name, _PID: pid, MESSAGE: line }
  return [
    `Apr 12 03:14:15 node-1 ${name}[${pid}]: ${line}`,
    `2026-04-12T03:14:15+0000 node-1 ${name}[${pid}]: ${line}`,
    JSON.stringify(record),
  ]
}

test('a line that tells a fault of a service means the same in every frame', () => {
  const units = rowsOf('events.tsv').filter(([origin = '']) => !origin.startsWith('/'))
  assert.ok(units.length > 40)
  for (const [origin = '', reason = '', severity = '', line = ''] of units) {
    const unit = origin.split(' ').at(-1) ?? ''
    for (const text of framed(unit, line)) {
      const [found] = classify(text)
      assert.deepEqual([found?.match.entry, found?.match.severity], [reason, severity], text)
    }
  }
})

test('what a working service writes means nothing in every frame, unless its reason counts lines', () => {
  const { reasons } = compileShipped(join(import.meta.dirname, '..', '..', 'catalog'))
  const counted = new Set(reasons.filter(({ lifecycle }) => lifecycle.raise.count > 1).map(({ reason }) => reason))
  for (const [unit = '', line = ''] of rowsOf('harmless.tsv')) {
    for (const text of framed(unit, line)) {
      const alarms = classify(text).filter(({ match }) => match.severity !== 'info' && !counted.has(match.entry))
      assert.deepEqual(
        alarms.map(({ match }) => match.entry),
        [],
        text,
      )
    }
  }
})

test('a kernel log may hold lines of PID 1: there they are no evidence of the journal', () => {
  const line = 'systemd[1]: Dependency failed for remote-fs.target - Remote File Systems.'
  assert.deepEqual(classify(`[   12.345678] ${line}`), [])
  assert.equal(classify(`Apr 12 03:14:15 node-1 ${line}`).length, 1)
})
