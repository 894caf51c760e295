/** What is kept: each property fails when its limit is loosened. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Attempt, Plan } from '../../model/repair.ts'
import { givenAttempt, givenNode, givenPolicy, hour, noon } from '../testing/given.ts'
import { outdated } from './retention.ts'

const node = givenNode('a')
const { drain } = givenPolicy()
const plan: Plan = {
  policy: 'kernel',
  generation: 1,
  action: 'Replace',
  provider: 'embedded',
  target: { kind: 'Node', name: 'a', uid: 'uid-a' },
  condition: 'KernelReady',
  status: 'False',
  reason: '',
  drain,
  dwellMs: 0,
}

function ended(hoursAgo: number, given: Partial<Attempt> = {}): Attempt {
  const phases = [{ phase: 'Failed' as const, at: noon - hoursAgo * hour, why: '' }]
  return givenAttempt(node, { name: String(hoursAgo), phase: 'Failed', phases, ...given })
}

const ages = fc.oneof(
  fc.uniqueArray(fc.integer({ min: 0, max: 400 }), { maxLength: 30 }),
  fc.uniqueArray(fc.integer({ min: 0, max: 180 }), { minLength: 110, maxLength: 170 }),
)

function keptOf(records: readonly Attempt[], present: ReadonlySet<string>): readonly number[] {
  const gone = new Set(outdated(records, present, noon).map((one) => Number(one.name)))
  return records
    .map((one) => Number(one.name))
    .filter((ago) => !gone.has(ago))
    .sort((a, b) => a - b)
}

test('of a node’s finished records the newest three stay, and those of seven days up to a hundred', () => {
  fc.assert(
    fc.property(ages, (hoursAgo) => {
      const kept = [...hoursAgo]
        .sort((a, b) => a - b)
        .filter((ago, index) => index < 3 || (ago <= 7 * 24 && index < 100))
      assert.deepEqual(
        keptOf(
          hoursAgo.map((ago) => ended(ago)),
          new Set(['a']),
        ),
        kept,
      )
    }),
  )
})

test('kind 1: what was admitted stays for its seven days, however much a limit has to remember', () => {
  fc.assert(
    fc.property(ages, (hoursAgo) => {
      const kept = [...hoursAgo].sort((a, b) => a - b).filter((ago, index) => index < 3 || ago <= 7 * 24)
      assert.deepEqual(
        keptOf(
          hoursAgo.map((ago) => ended(ago, { plan })),
          new Set(['a']),
        ),
        kept,
      )
    }),
  )
})

test('kind 1: of a node that is gone nothing is kept beyond seven days, so that the store is bounded', () => {
  fc.assert(
    fc.property(ages, fc.boolean(), (hoursAgo, admitted) => {
      const records = hoursAgo.map((ago) => ended(ago, admitted ? { plan } : {}))
      assert.ok(keptOf(records, new Set()).every((ago) => ago <= 7 * 24))
    }),
  )
})
