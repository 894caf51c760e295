/** Lines by which services of a node tell its faults, in klog, logfmt, JSON and their own forms: each has its reason. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { compileShipped } from '../../src/catalog/shipped.ts'
import { decoders } from '../../src/detect/decode/decoders.ts'
import { compileMatchers } from '../../src/detect/match/compile.ts'

const root = join(import.meta.dirname, '..', '..')
const matchers = compileMatchers(compileShipped(join(root, 'catalog')), decoders)

interface Row {
  /** Units, or the path of a log file. */
  readonly origins: readonly string[]
  readonly want: string
  readonly line: string
}

const [, ...rows] = readFileSync(join(root, 'fixtures/journal-lines/events.tsv'), 'utf8').trimEnd().split('\n')
const events: readonly Row[] = rows.map((row) => {
  const [origin = '', reason = '', severity = '', line = ''] = row.split('\t')
  return { origins: origin.split(' '), want: `${reason}/${severity}`, line }
})

function said(line: string, origins: readonly string[]): string {
  const log = origins[0]?.startsWith('/') ? 'logfile' : 'journal'
  const [match] = matchers.of(log).matchText(line, origins)
  return match ? `${match.entry}/${match.severity}` : 'nothing'
}

test('each line of a service that tells a fault has its reason and severity', () => {
  assert.ok(events.length > 50)
  assert.deepEqual(
    events.flatMap(({ origins, want, line }) => {
      const got = said(line, origins)
      return got === want ? [] : [`${got}, not ${want}: ${line}`]
    }),
    [],
  )
})

test('the same lines mean nothing in the mouth of another service', () => {
  assert.deepEqual(
    events.filter(({ line }) => said(line, ['my-app.service']) !== 'nothing').map(({ line }) => line),
    [],
  )
})
