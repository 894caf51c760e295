/** Kind 1, for any history of a pool: no machine is taken while one is missing, or while none helps. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Attempt, Plan } from '../../model/repair.ts'
import {
  givenAttempt,
  givenCondition,
  givenNode,
  givenPolicy,
  givenSighting,
  givenSnapshot,
  minute,
  noon,
} from '../testing/given.ts'
import { decide } from './decide.ts'

const labels = { 'karpenter.sh/nodepool': 'p' }
const all = { value: 100, percent: true }
const policy = givenPolicy({
  tolerationMs: 0,
  breaker: { share: all, rate: all, windowMs: 0, minNodes: 0 },
  restraint: { dwellMs: 0, joinMs: 0 },
})
const plan: Plan = {
  policy: 'kernel',
  generation: 1,
  action: 'Replace',
  provider: 'embedded',
  target: { kind: 'Node', name: '', uid: '' },
  condition: 'KernelReady',
  status: 'False',
  reason: '',
  drain: policy.drain,
  dwellMs: 0,
}

/** A replacement that ended `ago` minutes before now, committed ten minutes earlier. */
function ended(name: string, ago: number, given: Partial<Attempt>): Attempt {
  const at = noon - ago * minute
  const phases = [
    { phase: 'Pending', at: at - 20 * minute, why: '' },
    { phase: 'Committing', at: at - 10 * minute, why: '' },
    { phase: 'Observing', at: at - 9 * minute, why: '' },
    { phase: given.phase ?? 'Failed', at, why: '' },
  ] as const
  const old = givenNode(name, { labels })
  return givenAttempt(old, { name, phase: 'Failed', createdAt: phases[0].at, plan, ...given, phases })
}

/** What the gate `pool` says about a sick node of the pool, beside nodes that joined so many minutes before now. */
function poolGate(records: readonly Attempt[], joined: readonly number[]) {
  const condition = givenCondition('KernelReady', 'False', { seenAt: noon })
  const sick = givenNode('sick', { labels }, condition)
  const newcomers = joined.map((ago, index) => givenNode(`new-${index}`, { labels, createdAt: noon - ago * minute }))
  const snapshot = givenSnapshot({ nodes: [sick, ...newcomers, givenNode('spare')] })
  const decision = decide(snapshot, [policy], [...records, givenSighting(sick, noon - minute)], noon)
  return decision.find((one) => one.node === 'sick')?.gates.find((one) => one.gate === 'pool')
}

const minutes = fc.integer({ min: 1, max: 600 })

test('kind 1: a pool is short of a machine as long as more were taken without a successor than have joined since', () => {
  fc.assert(
    fc.property(fc.array(minutes, { maxLength: 2 }), fc.array(minutes, { maxLength: 4 }), (taken, joined) => {
      const records = taken.map((ago, index) => ended(`gone-${index}`, ago, {}))
      // Each newcomer stands for one machine that was taken before it joined.
      const free = [...joined].sort((a, b) => b - a)
      const short = [...taken]
        .sort((a, b) => b - a)
        .filter((ago) => {
          const index = free.findIndex((one) => one <= ago + 10)
          if (index >= 0) free.splice(index, 1)
          return index < 0
        })
      assert.equal(poolGate(records, joined)?.answer, short.length > 0 ? 'wait' : 'allow')
    }),
  )
})

test('kind 1: three replacements in a row that did not help stop the pool, until one helps or a person forgives', () => {
  const outcome = fc.constantFrom('failed', 'helped', 'forgiven', 'blocked')
  fc.assert(
    fc.property(fc.array(outcome, { maxLength: 8 }), (outcomes) => {
      const records = outcomes.map((one, index) => {
        const successor = { name: `next-${index}`, uid: `uid-next-${index}`, since: 0 }
        const given = {
          phase: one === 'helped' ? ('Succeeded' as const) : ('Failed' as const),
          ...(one === 'forgiven' && { forgivenBy: 'kim' }),
        }
        const whole = ended(`old-${index}`, index + 1, { successor, ...given })
        const drained = whole.phases.filter(({ phase }) => one !== 'blocked' || phase !== 'Committing')
        return { ...whole, phases: drained }
      })
      const counted = outcomes.filter((one) => one !== 'forgiven' && one !== 'blocked') // a drain that failed took no machine
      const helped = counted.indexOf('helped')
      const inRow = helped < 0 ? counted.length : helped
      assert.equal(poolGate(records, [])?.answer, inRow >= 3 ? 'refuse' : 'allow')
    }),
  )
})

test('kind 1: while a new machine that proved nothing is there and not ready, no other one is taken', () => {
  fc.assert(
    fc.property(fc.boolean(), fc.boolean(), fc.boolean(), fc.boolean(), (ready, forgiven, itself, old) => {
      const condition = givenCondition('KernelReady', 'False', { seenAt: noon })
      const status = ready ? ('True' as const) : ('False' as const)
      const state = [givenCondition('Ready', status), ...(itself ? [condition] : [])]
      const newcomer = { ...givenNode('new', { labels }), conditions: state }
      const sick = itself ? newcomer : givenNode('sick', { labels }, condition)
      const successor = { name: 'new', uid: newcomer.uid, since: 0 }
      const record = ended('old', old ? 24 * 60 : 5, { successor, ...(forgiven && { forgivenBy: 'kim' }) })
      const nodes = [...(itself ? [] : [sick]), newcomer, givenNode('spare')]
      const asked = decide(givenSnapshot({ nodes }), [policy], [record, givenSighting(sick, noon - minute)], noon)
      const gate = asked.find((one) => one.nodeUid === sick.uid)?.gates.find((one) => one.gate === 'pool')
      assert.equal(gate?.answer, ready || forgiven || itself || old ? 'allow' : 'wait')
    }),
  )
})

test('kind 1: after a replacement that did not help, one at a time until one helps', () => {
  fc.assert(
    fc.property(fc.constantFrom('failed', 'helped', 'none'), fc.integer({ min: 1, max: 5 }), (last, many) => {
      const condition = givenCondition('KernelReady', 'False', { seenAt: noon })
      const sick = Array.from({ length: many }, (_, index) => givenNode(`sick-${index}`, { labels }, condition))
      const successor = { name: 'next', uid: 'uid-next', since: 0 }
      const phase = last === 'helped' ? ('Succeeded' as const) : ('Failed' as const)
      const before = last === 'none' ? [] : [ended('old', 90, { phase, successor })]
      const records = [...before, ...sick.map((node) => givenSighting(node, noon - minute))]
      const free = { ...policy, budgets: [{ nodes: all }] }
      const decisions = decide(givenSnapshot({ nodes: [...sick, givenNode('spare')] }), [free], records, noon)
      const acting = decisions.filter((one) => one.outcome === 'act').length
      assert.equal(acting, last === 'failed' ? 1 : many)
    }),
  )
})
