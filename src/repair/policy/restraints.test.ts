import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { actions, modes, type Policy } from '../../model/repair.ts'
import { givenPolicy } from '../testing/given.ts'
import { inForce } from './in-force.ts'
import { type RestrainingField, restrainedBy, restrainingFields, takenBack } from './restraints.ts'

/** A value for every field that restrains: the compiler asks for a new one. */
const values: { readonly [Field in RestrainingField]: fc.Arbitrary<Policy[Field]> } = {
  paused: fc.boolean(),
  action: fc.constantFrom(...actions),
  mode: fc.constantFrom(...modes),
}
const version = fc.record<Pick<Policy, RestrainingField>>(values).map(givenPolicy)

test('what is in force is never freer than either version, and what restrains it is told', () => {
  fc.assert(
    fc.property(version, version, (old, now) => {
      const kept = restrainedBy(old, now)
      assert.equal(takenBack(kept, old), undefined)
      assert.equal(takenBack(kept, now), undefined)
      assert.deepEqual(restrainedBy(now, old), kept)
      assert.equal(takenBack(old, now) === undefined, isEqual(kept, old))
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

const mistake = { policy: 'other', field: 'spec.action', value: 'missing', remedy: 'write one' }

function isEqual(a: Policy, b: Policy): boolean {
  return restrainingFields.every((field) => a[field] === b[field])
}
