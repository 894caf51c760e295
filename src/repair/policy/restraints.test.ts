import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { actions, furthest, interventions, type Rung } from '../../model/action.ts'
import { modes, type Policy } from '../../model/policy.ts'
import { givenPolicy } from '../testing/given.ts'
import { inForce } from './in-force.ts'
import { type RestrainingField, restrainedBy, restrainingFields, takenBack } from './restraints.ts'

/** Every ladder that a policy may have: its rungs rise. */
const ladderOf = fc
  .uniqueArray(fc.record({ action: fc.constantFrom(...interventions), attempts: fc.integer({ min: 1, max: 3 }) }), {
    selector: (rung) => rung.action,
  })
  .map((rungs): readonly Rung[] => {
    const rising = rungs.toSorted((a, b) => actions.indexOf(a.action) - actions.indexOf(b.action))
    return rising.length > 0 ? rising : [{ action: 'NoAction', attempts: 1 }]
  })

/** A value for every field that restrains: the compiler asks for a new one. */
const values: { readonly [Field in RestrainingField]: fc.Arbitrary<Policy[Field]> } = {
  paused: fc.boolean(),
  ladder: ladderOf,
  mode: fc.constantFrom(...modes),
}
const version = fc.record<Pick<Policy, RestrainingField>>(values).map(givenPolicy)

test('what is in force is never freer than either version, and what restrains it is told', () => {
  fc.assert(
    fc.property(version, version, (old, now) => {
      const kept = restrainedBy(old, now)
      assert.equal(takenBack(kept, old), undefined)
      assert.equal(takenBack(kept, now), undefined)
      const { ladder: _, ...rest } = restrainedBy(now, old)
      assert.deepEqual({ ladder: kept.ladder, ...rest }, kept)
      assert.equal(takenBack(old, now) === undefined, isEqual(kept, old))
    }),
  )
})

test('of two ladders, what is in force goes as far as the shorter one, and tries no rung more often than either', () => {
  fc.assert(
    fc.property(ladderOf, ladderOf, (before, after) => {
      const { ladder } = restrainedBy(givenPolicy({ ladder: before }), givenPolicy({ ladder: after }))
      for (const version of [before, after]) {
        assert.ok(actions.indexOf(furthest(ladder)) <= actions.indexOf(furthest(version)))
        for (const rung of ladder) {
          const theirs = version.find((one) => one.action === rung.action)
          assert.ok(theirs === undefined || rung.attempts <= theirs.attempts)
        }
      }
      const known = before.map((rung) => rung.action)
      assert.ok(
        ladder.every(({ action }) => action === 'NoAction' || known.includes(action)),
        'nothing new comes',
      )
    }),
  )
})

test('each field that restrains does so alone: it is an objection, and it is in force while the set is refused', () => {
  for (const field of restrainingFields) {
    let told = 0
    fc.assert(
      fc.property(values[field] as fc.Arbitrary<unknown>, values[field] as fc.Arbitrary<unknown>, (before, after) => {
        const old = givenPolicy({ mode: 'Enforce', [field]: before })
        const now = { ...old, [field]: after }
        const refused = { policies: [], errors: [mistake], readable: [now], names: new Set([old.name]) }
        const taken = takenBack(old, now)
        const [kept] = inForce([old], refused) ?? []
        if (taken === undefined) return assert.deepEqual(kept, old)
        told++
        assert.ok(kept && takenBack(kept, now) === undefined, `${field}: policy ${old.name} ${taken}`)
      }),
    )
    assert.ok(told > 0, `${field} has never restrained anything`)
  }
})

const mistake = { policy: 'other', field: 'spec.ladder', value: 'missing', remedy: 'write one' }

function isEqual(a: Policy, b: Policy): boolean {
  return restrainingFields.every((field) => a[field] === b[field])
}
