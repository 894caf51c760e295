import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseOptions } from './options.ts'

test('a name is enough; the seed is chosen by the caller', () => {
  assert.deepEqual(parseOptions(['match'], 7), {
    name: 'match',
    options: { output: 'table', peers: [], seed: 7, quick: false, massFalse: false },
  })
})

test('numbers, peers and output are read', () => {
  const { options } = parseOptions(
    ['detect', '--tries', '20', '--seed', '3', '--output', 'json', '--peer', `npd=${process.execPath}`],
    7,
  )
  assert.deepEqual(options, {
    output: 'json',
    peers: [{ name: 'npd', path: process.execPath }],
    seed: 3,
    quick: false,
    massFalse: false,
    tries: 20,
  })
})

test('a fleet has a size, a folder and a kind', () => {
  const { options } = parseOptions(['fleet', '--nodes', '10', '--pods', '30', '--data', '/tmp/x', '--mass-false'], 7)
  assert.deepEqual([options.nodes, options.pods, options.data, options.massFalse], [10, 30, '/tmp/x', true])
})

test('what cannot be meant is refused with a sentence', () => {
  assert.throws(() => parseOptions([], 1), /name one bench/)
  assert.throws(() => parseOptions(['match', '--output', 'xml'], 1), /json or table/)
  assert.throws(() => parseOptions(['match', '--tries', 'many'], 1), /number above 0/)
  assert.throws(() => parseOptions(['match', '--peer', `gpud=${process.execPath}`], 1), /nma=PATH or npd=PATH/)
  assert.throws(() => parseOptions(['match', '--peer', 'nma=/nowhere/at/all'], 1), /there is no file/)
  const peer = ['--peer', `npd=${process.execPath}`]
  assert.throws(() => parseOptions(['match', ...peer, ...peer], 1), /npd is named twice/)
})
