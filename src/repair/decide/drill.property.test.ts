/** Injected evidence never leads to a repair, unless its drill says Enforce, and never holds up a real one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { conditionTypes } from '../../model/condition.ts'
import { flagText } from '../../model/drill.ts'
import {
  givenCondition,
  givenNode,
  givenPolicy,
  givenSighting,
  givenSnapshot,
  hour,
  minute,
  noon,
} from '../testing/given.ts'
import { decide } from './decide.ts'

const now = noon + hour
const all = { value: 100, percent: true }
const breaker = { share: all, rate: all, windowMs: 0, minNodes: 0 }
const type = fc.constantFrom(...conditionTypes)
const flag = fc.record({ id: fc.stringMatching(/^[a-z0-9]{1,8}$/), mode: fc.constantFrom('Decide', 'Enforce') })

/** A policy that acts at once on every condition of ours, with nothing in its way. */
const eager = givenPolicy({
  match: conditionTypes.map((condition) => ({ condition, status: 'False' })),
  tolerationMs: 0,
  budgets: [{ nodes: all }],
  breaker,
})

test('of a pool of sick nodes, those of which only a drill says so are left alone', () => {
  const sick = fc.record({ type, flag: fc.option(flag, { nil: undefined }), message: fc.string() })
  fc.assert(
    fc.property(fc.array(sick, { minLength: 1, maxLength: 20 }), (given) => {
      const nodes = given.map(({ type: one, flag: by, message }, index) => {
        const text = by ? `${flagText(by)}${message}` : 'a real fault'
        return givenNode(`n${index}`, {}, givenCondition(one, 'False', { seenAt: now, message: text }))
      })
      const records = nodes.map((node) => givenSighting(node, noon))
      const decisions = decide(givenSnapshot({ nodes: [...nodes, givenNode('spare')] }), [eager], records, now)
      for (const decision of decisions) {
        const by = given[Number(decision.node.slice(1))]?.flag
        assert.equal(decision.outcome, by?.mode === 'Decide' ? 'would-act' : 'act')
        if (by?.mode === 'Decide') assert.equal(decision.decidedBy, 'drill')
      }
      assert.equal(decisions.length, nodes.length)
    }),
  )
})

test('a drill that came first takes no room in the budget', () => {
  const message = `${flagText({ id: 'a', mode: 'Decide' })}GPU lost`
  const drilled = givenNode('a', {}, givenCondition('KernelReady', 'False', { seenAt: now, message }))
  const real = givenNode('b', {}, givenCondition('KernelReady', 'False', { seenAt: now }))
  const policy = givenPolicy({ budgets: [{ nodes: { value: 1, percent: false } }], breaker })
  const records = [givenSighting(drilled, noon - hour), givenSighting(real, noon)]
  const snapshot = givenSnapshot({ nodes: [drilled, real, givenNode('spare')] })
  const outcomes = decide(snapshot, [policy], records, now).map(({ node, outcome }) => `${node} ${outcome}`)
  assert.deepEqual(outcomes, ['a would-act', 'b act'])
})

test('what a drill has waited for does not count for the real fault that follows it', () => {
  const message = `${flagText({ id: 'a', mode: 'Decide' })}GPU lost`
  const node = (text: string) =>
    givenNode('a', {}, givenCondition('KernelReady', 'False', { seenAt: now, message: text }))
  const sightingsOf = (text: string, since: number, drill: boolean) => {
    const one = node(text)
    const record = givenSighting(one, since)
    const records = [{ ...record, sightings: record.sightings.map((seen) => ({ ...seen, ...(drill && { drill }) })) }]
    const [decision] = decide(givenSnapshot({ nodes: [one, givenNode('spare')] }), [givenPolicy()], records, now)
    return decision
  }
  const before = sightingsOf(message, noon, false)
  assert.deepEqual([before?.sightings[0]?.drill, before?.sightings[0]?.since], [true, noon])
  const after = sightingsOf('a real fault', noon, true)
  assert.deepEqual([after?.sightings[0]?.drill, after?.eligibleAt], [undefined, now + 30 * minute])
  assert.equal(after?.outcome, 'wait')
})
