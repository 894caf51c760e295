import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { forbids } from '../../model/action.ts'
import { modes } from '../../model/policy.ts'
import { inForce } from './in-force.ts'
import { parsePolicies, type RepairPolicyObject } from './parse.ts'

interface Written {
  readonly name: string
  readonly mode: string
  readonly paused: boolean
  readonly action: string
}

const object = ({ name, ...spec }: Written): RepairPolicyObject => ({
  metadata: { name, generation: 1 },
  spec: { match: [{ condition: 'KernelReady' }], ...spec },
})
const broken = object({ name: 'broken', mode: 'Enforce', paused: false, action: 'Explode' })
const acting: Written = { name: 'gpu', mode: 'Enforce', paused: false, action: 'Replace' }
const lastGood = (...policies: readonly Written[]) => parsePolicies(policies.map(object)).policies

test('a pause, a lower mode and a deletion apply at once, although another policy is broken', () => {
  const last = lastGood(acting)
  const with_ = (...present: readonly Written[]) => inForce(last, parsePolicies([...present.map(object), broken]))
  assert.equal(with_({ ...acting, paused: true })?.[0]?.paused, true)
  assert.equal(with_({ ...acting, mode: 'Observe' })?.[0]?.mode, 'Observe')
  assert.deepEqual(with_(), [])
})

test('a broken policy keeps its own last good version; a new one that acts waits for a good set', () => {
  const last = lastGood(acting)
  const present = parsePolicies([object({ ...acting, action: 'Explode' }), object({ ...acting, name: 'new' })])
  assert.deepEqual(inForce(last, present), last)
  assert.equal(inForce(undefined, present), undefined)
})

test('while a set is refused, nothing is in force that either set forbids', () => {
  const written = fc.record({
    name: fc.constantFrom('a', 'b', 'c'),
    mode: fc.constantFrom(...modes),
    paused: fc.boolean(),
    action: fc.constantFrom('Replace', 'NoAction'),
  })
  const set = fc.uniqueArray(written, { selector: (one) => one.name, maxLength: 3 })
  fc.assert(
    fc.property(set, set, (before, now) => {
      const result = inForce(lastGood(...before), parsePolicies([...now.map(object), broken])) ?? []
      for (const policy of result.filter((one) => !forbids(one.ladder) && !one.paused)) {
        const versions = [before, now].map((one) => one.find((other) => other.name === policy.name))
        assert.ok(versions.every((one) => one !== undefined && one.action !== 'NoAction' && !one.paused))
        assert.ok(versions.every((one) => modes.indexOf(policy.mode) <= modes.indexOf((one?.mode ?? '') as never)))
      }
      const forbidding = [...before, ...now].filter((one) => one.action === 'NoAction')
      for (const { name } of forbidding) {
        assert.ok(
          !result.some(
            (one) =>
              one.name === name && !forbids(one.ladder) && now.find((x) => x.name === name)?.action === 'NoAction',
          ),
        )
      }
    }),
  )
})
