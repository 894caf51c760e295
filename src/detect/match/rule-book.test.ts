import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CompiledCatalogue, compiledVersion, noTables } from '../../catalog/compiled.ts'
import type { CatalogueSource } from '../../catalog/load.ts'
import { createRuleBook } from './rule-book.ts'

const shipped: CompiledCatalogue = {
  version: compiledVersion,
  reasons: [
    {
      reason: 'Shipped',
      condition: 'KernelReady',
      severity: 'warning',
      scope: 'hardware',
      family: 'kernel',
      lifecycle: { raise: { count: 1, withinMs: 1000 }, holdMs: 0, clearedByBoot: true },
      repair: 'NoAction',
    },
  ],
  rules: [
    {
      name: 'Shipped/1',
      reason: 'Shipped',
      source: 'kmsg',
      contains: ['fan'],
      pattern: 'fan (?P<n>\\d+) failed',
      unless: [],
      recovery: false,
    },
  ],
  tables: noTables,
}

const pack = (sample: string): CatalogueSource => ({
  file: 'pack.yaml',
  text: `family: vendor
condition: KernelReady
reasons:
  - reason: FanFailed
    severity: fatal
    summary: A fan of the chassis stopped.
    detect:
      - contains: "fan"
        pattern: 'fan (?P<n>\\d+) failed'
        message: "fan {n} failed"
        device: "fan{n}"
        matches: ["${sample}"]
    runbook: Replace the fan; check the air flow in front of it.
`,
})

function bookOf(sources: () => readonly CatalogueSource[]) {
  return createRuleBook({ shipped, decoders: {}, readPacks: async () => sources() })
}

test('a pack’s rule takes precedence over the shipped ones', async () => {
  const book = bookOf(() => [pack('fan 3 failed')])
  assert.equal(book.current().matchers.of('kmsg').matchText('fan 3 failed')[0]?.reason, 'Shipped')
  assert.deepEqual(await book.reload(), { outcome: 'loaded', packs: ['pack.yaml'] })
  const [match] = book.current().matchers.of('kmsg').matchText('fan 3 failed')
  assert.equal(match?.reason, 'FanFailed')
  assert.equal(match?.device, 'fan3')
  assert.equal(match?.message, 'fan 3 failed')
})

test('a pack with a failing sample is refused with its position, and the last good one stays', async () => {
  let sources = [pack('fan 3 failed')]
  const book = bookOf(() => sources)
  await book.reload()
  sources = [pack('fan three failed')]
  const refused = await book.reload()
  assert.equal(refused.outcome, 'refused')
  assert.match(
    refused.outcome === 'refused' ? (refused.problems[0] ?? '') : '',
    /^pack\.yaml:12:\d+: this line must match/,
  )
  assert.equal(book.current().matchers.of('kmsg').matchText('fan 3 failed')[0]?.reason, 'FanFailed')
})

test('a broken pack names file, line and column of every problem', async () => {
  const text = pack('fan 3 failed')
    .text.replace('severity: fatal', 'severity: deadly')
    .replace('{n} failed"', '{m} failed"')
  const book = bookOf(() => [{ file: 'pack.yaml', text }])
  const refused = await book.reload()
  assert.match(refused.outcome === 'refused' ? (refused.problems.join('\n') ?? '') : '', /pack\.yaml:5:15: .*severity/)
})

test('unreadable packs are refused, unchanged ones not compiled again, removed ones dropped', async () => {
  let sources: readonly CatalogueSource[] = [pack('fan 3 failed')]
  const book = bookOf(() => sources)
  await book.reload()
  assert.deepEqual(await book.reload(), { outcome: 'unchanged' })
  sources = []
  assert.deepEqual(await book.reload(), { outcome: 'loaded', packs: [] })
  assert.equal(book.current().matchers.of('kmsg').matchText('fan 3 failed')[0]?.reason, 'Shipped')
  const unreadable = createRuleBook({
    shipped,
    decoders: {},
    readPacks: () => Promise.reject(new Error('EACCES: packs')),
  })
  assert.deepEqual(await unreadable.reload(), { outcome: 'refused', problems: ['EACCES: packs'] })
})

test('packs that were unreadable for a while are loaded again, so that they do not stay refused', async () => {
  let readable = true
  const sources = [pack('fan 3 failed')]
  const readPacks = async () => {
    if (!readable) throw new Error('EIO: packs')
    return sources
  }
  const book = createRuleBook({ shipped, decoders: {}, readPacks })
  await book.reload()
  readable = false
  assert.equal((await book.reload()).outcome, 'refused')
  assert.deepEqual(book.current().packs, ['pack.yaml'])
  readable = true
  assert.equal((await book.reload()).outcome, 'loaded')
  assert.equal((await book.reload()).outcome, 'unchanged')
})
