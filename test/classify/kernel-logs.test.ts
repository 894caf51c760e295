/**
 * Real kernel logs with labels against the shipped catalogue: every kind of event is seen, nothing else is reported,
 * and nothing that a machine survives is called fatal. Conventions: fixtures/kernel-logs/README.md.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { compileShipped } from '../../src/catalog/shipped.ts'
import { decoders } from '../../src/detect/decode/decoders.ts'
import { compileMatchers } from '../../src/detect/match/compile.ts'
import { peel } from '../../src/detect/sources/framing/peel.ts'
import type { Match } from '../../src/model/finding.ts'

const root = join(import.meta.dirname, '..', '..')
const logs = join(root, 'fixtures', 'kernel-logs')

/** These are judged by their rate elsewhere, so info is a sighting too. */
const corrected = new Set(['aer-corrected', 'mce-corrected', 'edac-ce'])

interface Label {
  readonly category: string
  readonly severity: string
  seen: boolean
}

test('every kind of event in the logs is seen, without a false alarm and without exaggeration', () => {
  const matcher = compileMatchers(compileShipped(join(root, 'catalog')), decoders).of('kmsg')
  const kinds = new Map<string, boolean>()
  const falseAlarms: string[] = []
  const tooSevere: string[] = []
  for (const [file, { labels, alternates }] of readLabels()) {
    readFileSync(join(logs, file), 'utf8')
      .split('\n')
      .forEach((line, index) => {
        const [match] = matcher.matchText(peel(line).text)
        if (!match) return
        const number = index + 1
        const label = labels.get(number) ?? labels.get(alternates.get(number) ?? 0)
        const where = `${file}:${number}: ${match.rule} (${match.severity}): ${line.slice(0, 140)}`
        if (label && counts(match, label)) label.seen = true
        if (!label && match.severity !== 'info') falseAlarms.push(where)
        if (labels.get(number)?.severity === 'warning' && match.severity === 'fatal') tooSevere.push(where)
      })
    for (const label of labels.values()) {
      if (label.severity !== 'warning' && label.severity !== 'fatal') continue
      const kind = `${file} ${label.category}`
      kinds.set(kind, kinds.get(kind) === true || label.seen)
    }
  }
  assert.deepEqual(falseAlarms, [])
  assert.deepEqual(tooSevere, [])
  assert.deepEqual(
    [...kinds].filter(([, seen]) => !seen).map(([kind]) => kind),
    [],
  )
  assert.equal(kinds.size, 47)
})

for (const file of ['provoked-6.18.tsv', 'provoked-h200-580.tsv']) {
  test(`what was printed when faults were provoked means what it should: ${file}`, () => {
    const matcher = compileMatchers(compileShipped(join(root, 'catalog')), decoders).of('kmsg')
    for (const [reason = '', severity = '', line = ''] of rows(file)) {
      const [match] = matcher.matchText(line)
      assert.deepEqual([match?.reason ?? '', match?.severity ?? ''], [reason, severity], line)
    }
  })
}

function counts(match: Match, label: Label): boolean {
  return match.severity !== 'info' || corrected.has(label.category)
}

/** Labels and alternates by file; a file without either is there too, since it must stay silent. */
function readLabels() {
  const names = readdirSync(logs).filter((name) => name.endsWith('.log'))
  const byFile = new Map(
    names.map((name) => [name, { labels: new Map<number, Label>(), alternates: new Map<number, number>() }]),
  )
  for (const [file = '', line, category = '', severity = ''] of rows('labels.tsv')) {
    byFile.get(file)?.labels.set(Number(line), { category, severity, seen: false })
  }
  for (const [file = '', line, label] of rows('alternates.tsv')) {
    byFile.get(file)?.alternates.set(Number(line), Number(label))
  }
  return byFile
}

function rows(name: string): string[][] {
  const lines = readFileSync(join(logs, name), 'utf8').trimEnd().split('\n')
  return lines.slice(1).map((line) => line.split('\t'))
}
