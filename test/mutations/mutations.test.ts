/** Every mutation in the tables is noticed: by the compiler, or by the test that is there for it. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { clusterMutations } from './cluster.ts'
import { memoryMutations } from './memory.ts'
import type { Mutation } from './mutation.ts'
import { nodeMutations } from './node.ts'
import { WrongCopy } from './wrong-copy.ts'

/** One table per half of the program, and per large part of one. */
const tables: Readonly<Record<string, readonly Mutation[]>> = {
  'the cluster half': clusterMutations,
  'the node half': nodeMutations,
  'memory, recovery, proof and time': memoryMutations,
}

describe('wrong copies are noticed', () => {
  let copy: WrongCopy
  before(() => {
    copy = new WrongCopy()
  })
  after(() => copy.remove())

  test('the copy itself is right', () => {
    assert.equal(copy.types(), '')
  })

  for (const [half, mutations] of Object.entries(tables)) {
    for (const mutation of mutations) {
      test(`${half}: ${mutation.what}`, () => {
        const said = copy.answer(mutation)
        assert.notEqual(said, '', 'nobody noticed')
        assert.match(said, mutation.noticed.names)
      })
    }
  }
})
