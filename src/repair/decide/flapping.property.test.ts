/** A condition that comes and goes: nothing is done earlier than its toleration allows, counted in time that it was sick. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { FirstSighting } from '../../model/decision.ts'
import type { Attempt } from '../../model/repair.ts'
import { givenNode, givenSighting, minute, noon } from '../testing/given.ts'
import { leftOf, spellsOf } from './flapping.ts'

const node = givenNode('a')
const seen: FirstSighting = { policy: 'kernel', condition: 'KernelReady', status: 'False', reason: '', since: noon }
const tolerationMs = fc.integer({ min: 1, max: 24 * 60 }).map((minutes) => minutes * minute)
/** Spells of before: how long each was, and how long it was healthy after it, in minutes. */
const spells = fc.array(fc.tuple(fc.nat(90), fc.integer({ min: 1, max: 90 })), { maxLength: 12 })

/** The records that healthy reports ended, the newest last; `noon` is the beginning of the present spell. */
function recordsOf(given: readonly (readonly [number, number])[]): readonly Attempt[] {
  let end = noon
  return given
    .map(([sick, well], index) => {
      const endedAt = end - well * minute
      const since = endedAt - sick * minute
      end = since
      return givenSighting(node, since, {
        name: `a-${index}`,
        phase: 'Cancelled',
        phases: [{ phase: 'Cancelled', at: endedAt, why: 'no rule matches the node any more' }],
        sightings: [{ ...seen, since }],
      })
    })
    .reverse()
}

const left = (toleration: number, given: readonly (readonly [number, number])[]) =>
  leftOf(toleration, seen, spellsOf(recordsOf(given), { nodes: [node] }).get(node.uid) ?? [])

test('what is left and what was spent are together at least the toleration, and a spell lasts a minute at least', () => {
  fc.assert(
    fc.property(tolerationMs, spells, (toleration, given) => {
      const { leftMs, spentMs } = left(toleration, given)
      assert.ok(leftMs + spentMs >= toleration)
      assert.ok(leftMs >= Math.min(toleration, minute) && leftMs <= toleration)
    }),
  )
})

test('no time counts that it was not sick within the window', () => {
  fc.assert(
    fc.property(tolerationMs, spells, (toleration, given) => {
      const from = noon - Math.max(60 * minute, 2 * toleration)
      const counted = recordsOf(given).filter((one) => (one.phases.at(-1)?.at ?? 0) >= from)
      const sick = counted.reduce((sum, one) => sum + (one.phases.at(-1)?.at ?? 0) - (one.sightings[0]?.since ?? 0), 0)
      assert.equal(left(toleration, given).spentMs, counted.length < 2 ? 0 : sick)
    }),
  )
})

test('one recovery is a recovery: the toleration begins anew', () => {
  fc.assert(
    fc.property(tolerationMs, spells, (toleration, given) => {
      assert.deepEqual(left(toleration, given.slice(0, 1)), { leftMs: toleration, spentMs: 0 })
    }),
  )
})

test('what a drill has waited for, another boot and a repair that was begun do not count', () => {
  const [drill, boot, begun] = recordsOf([
    [5, 1],
    [5, 1],
    [5, 1],
  ]).map((one, index) => {
    if (index === 0) return { ...one, sightings: one.sightings.map((seen) => ({ ...seen, drill: true })) }
    return index === 1 ? { ...one, bootId: 'another' } : { ...one, plan: {} as never }
  })
  const found = [drill, boot, begun].filter((one) => one !== undefined)
  assert.equal(leftOf(10 * minute, seen, spellsOf(found, { nodes: [node] }).get(node.uid) ?? []).spentMs, 0)
})
