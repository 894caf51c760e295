import assert from 'node:assert/strict'
import { test } from 'node:test'
import { printTable } from './table.ts'

test('a table has one line per figure, named by its path', () => {
  const text = printTable({ bench: 'x', after: { rssMB: 51.2 }, rates: [1, 2] })
  assert.equal(text, 'bench        x\nafter.rssMB  51.2\nrates        1 2\n')
})
