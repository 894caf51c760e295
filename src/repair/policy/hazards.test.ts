import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatDuration } from '../../catalog/duration.ts'
import { admissionWarnings } from './admission.ts'
import { hazards, hazardsOf } from './hazards.ts'
import { parsePolicies } from './parse.ts'

const minute = 60_000

/** Fields that a policy of this spec turns off. */
function offOf(spec: Readonly<Record<string, unknown>>): readonly string[] {
  const match = [{ condition: 'KernelReady' }]
  const { policies } = parsePolicies([{ metadata: { name: 'a' }, spec: { match, action: 'Replace', ...spec } }])
  const [policy] = policies
  assert.ok(policy, JSON.stringify(spec))
  return hazardsOf(policy).map((one) => one.split(' ')[0] ?? '')
}

test('L9: a toleration and a drain are hazards below a minute, whatever unit they are written in', () => {
  const anyMs = fc.oneof(fc.integer({ min: 0, max: 2 * minute }), fc.integer({ min: 0, max: 14 * 24 * 60 * minute }))
  fc.assert(
    fc.property(anyMs, (ms) => {
      const text = formatDuration(ms)
      const expected = ms < minute ? ['spec.toleration', 'spec.drain.timeout'] : []
      assert.deepEqual(offOf({ toleration: text, drain: { timeout: text } }), expected, text)
    }),
  )
})

test('L9: budgets are a hazard when each one that limits repairs is above a third', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 4 }), (shares) => {
      const expected = Math.min(...shares) > 33 ? ['spec.budgets[].nodes'] : []
      assert.deepEqual(offOf({ budgets: shares.map((share) => ({ nodes: `${share}%` })) }), expected)
    }),
  )
  const other = { nodes: '1', reasons: ['Drifted'] }
  assert.deepEqual(offOf({ budgets: [{ nodes: '100%' }, other] }), ['spec.budgets[].nodes'])
  assert.deepEqual(offOf({ budgets: [{ ...other, nodes: '100%' }] }), [], 'the default of 10% holds')
  assert.deepEqual(offOf({ budgets: [{ nodes: '100%' }, { nodes: '1' }] }), [])
})

test('L9: the breaker is off above half of a pool', () => {
  assert.deepEqual(offOf({ breaker: { share: '50%', rate: '50%' } }), [])
  assert.deepEqual(offOf({ breaker: { share: '51%', rate: '100%' } }), ['spec.breaker.share', 'spec.breaker.rate'])
})

test('L9: admission warns of each hazard and refuses nothing', () => {
  const [policy, binding] = admissionWarnings()
  assert.deepEqual(binding?.spec.validationActions, ['Warn'])
  assert.equal(policy?.spec.failurePolicy, 'Ignore')
  const validations = policy?.spec.validations as readonly { readonly expression: string; readonly message: string }[]
  for (const [index, hazard] of hazards.entries()) {
    assert.ok(validations[index]?.expression.includes(`matches('${hazard.pattern}')`))
    assert.match(validations[index]?.message ?? '', /^[ -~]+$/, 'an HTTP header carries it')
    assert.ok(validations[index]?.message.endsWith(hazard.why))
    assert.doesNotMatch(hazard.pattern, /['\\\\]/, 'it stands in a CEL string')
  }
})
