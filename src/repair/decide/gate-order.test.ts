/** The order of the gates: the first that does not allow decides, and its answer is what people read first. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gates } from './gates.ts'

const order = gates.map((gate) => gate.name)

test('the mode is asked last: "would act" means that every other gate allows', () => {
  assert.equal(order.at(-1), 'mode')
})

test('the order stands; a change of it is one of what people are told', () => {
  assert.deepEqual(order, [
    'api-health',
    'leadership',
    'pause',
    'match',
    'stale',
    'toleration',
    'veto',
    'foreign-owner',
    'control-plane',
    'identity',
    'provider',
    'last-node',
    'in-repair',
    'attempts',
    'pool',
    'approval',
    'zone',
    'breaker',
    'window',
    'budget',
    'drill',
    'mode',
  ])
})
