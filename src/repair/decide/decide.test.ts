import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Decision } from '../../model/decision.ts'
import type { NodeView } from '../../model/node.ts'
import type { Policy } from '../../model/policy.ts'
import type { Attempt } from '../../model/repair.ts'
import {
  givenAttempt,
  givenCondition,
  givenNode,
  givenPolicy,
  givenPool,
  givenSighting,
  givenSnapshot,
  hour,
  minute,
  noon,
} from '../testing/given.ts'
import { decide, saysSomethingElse } from './decide.ts'
import { gates } from './gates.ts'

const sick = givenCondition('KernelReady', 'False')
const spare = givenNode('spare')

/** Decides about one node that was first sighted at noon. */
function decideOne(
  node: NodeView,
  now: number,
  policy: Partial<Policy> = {},
  rest: readonly NodeView[] = [spare],
): Decision {
  const snapshot = givenSnapshot({ nodes: [fresh(node, now), ...rest] })
  const [decision] = decide(snapshot, [givenPolicy(policy)], [givenSighting(node, noon)], now)
  assert.ok(decision)
  return decision
}

/** The node with its conditions asserted just now. */
function fresh(node: NodeView, now: number): NodeView {
  return { ...node, conditions: node.conditions.map((condition) => ({ ...condition, seenAt: now })) }
}

function outcomes(nodes: readonly NodeView[], now: number, policies: readonly Policy[], records?: readonly Attempt[]) {
  const decisions = decide(
    givenSnapshot({ nodes: nodes.map((node) => fresh(node, now)) }),
    policies,
    records ?? nodes.filter((node) => node.conditions.length > 1).map((node) => givenSighting(node, noon)),
    now,
  )
  return Object.fromEntries(decisions.map((one) => [one.node, one.outcome]))
}

describe('matching and toleration', () => {
  test('a rule that has matched for longer than its toleration acts', () => {
    const decision = decideOne(givenNode('a', {}, sick), noon + 60 * minute)
    assert.equal(decision.outcome, 'act')
    assert.deepEqual(
      decision.gates.map((gate) => gate.gate),
      gates.map((gate) => gate.name),
    )
    assert.ok(decision.gates.every((gate) => gate.answer === 'allow' && gate.why !== ''))
  })

  test('another condition type or status is no match', () => {
    const other = givenNode('a', {}, givenCondition('StorageReady', 'False'))
    const unknown = givenNode('b', {}, givenCondition('KernelReady', 'Unknown'))
    const snapshot = givenSnapshot({ nodes: [other, unknown] })
    assert.deepEqual(decide(snapshot, [givenPolicy()], [], noon), [])
  })

  test('the first sighting starts the clock, whatever the stamp says', () => {
    const old = givenNode(
      'a',
      {},
      givenCondition('KernelReady', 'False', { lastTransitionTime: '2026-02-01T00:00:00Z' }),
    )
    const [decision] = decide(givenSnapshot({ nodes: [old, spare] }), [givenPolicy()], [], noon)
    assert.equal(decision?.decidedBy, 'toleration')
    assert.equal(decision?.eligibleAt, noon + 30 * minute)
    assert.deepEqual(
      decision?.sightings.map((one) => one.since),
      [noon],
    )
  })

  test('a transition newer than our sighting delays, a stamp of the future does not', () => {
    const at = (ms: number) =>
      givenNode('a', {}, givenCondition('KernelReady', 'False', { lastTransitionTime: new Date(ms).toISOString() }))
    assert.equal(decideOne(at(noon + 10 * minute), noon + 30 * minute).eligibleAt, noon + 40 * minute)
    assert.equal(decideOne(at(noon + 2 * hour), noon + 30 * minute).outcome, 'act')
  })

  test('of two rules, the one that ends first decides', () => {
    const node = givenNode('a', {}, sick, givenCondition('StorageReady', 'False'))
    const policy = givenPolicy({ tolerationMs: 60 * minute })
    const other = givenPolicy({ name: 'storage', match: [{ condition: 'StorageReady', status: 'False' }] })
    const record = givenAttempt(node, {
      sightings: ['kernel', 'storage'].map((name) => ({
        policy: name,
        condition: name === 'kernel' ? 'KernelReady' : 'StorageReady',
        status: 'False' as const,
        reason: '',
        since: noon,
      })),
    })
    const [decision] = decide(
      givenSnapshot({ nodes: [fresh(node, noon + 27 * minute), spare] }),
      [policy, other],
      [record],
      noon + 27 * minute,
    )
    assert.equal(decision?.rule?.policy, 'storage')
    assert.equal(decision?.eligibleAt, noon + 30 * minute)
    assert.equal(decision?.sightings.length, 2)
  })

  test('accelerators are tolerated for 10 minutes, everything else for 30', () => {
    const gpu = givenNode('a', {}, givenCondition('AcceleratedHardwareReady'))
    const match = [{ condition: 'AcceleratedHardwareReady', status: 'False' as const }]
    assert.equal(decideOne(gpu, noon, { match }).eligibleAt, noon + 10 * minute)
    assert.equal(decideOne(givenNode('a', {}, sick), noon).eligibleAt, noon + 30 * minute)
  })

  test('a rule that names the reason silences the fallback, also with NoAction and inside its toleration', () => {
    const node = givenNode('a', {}, givenCondition('KernelReady', 'False', { reason: 'Xid31' }))
    const pattern = { source: 'Xid31', test: (reason: string) => reason === 'Xid31' }
    const decline = givenPolicy({
      name: 'decline',
      ladder: [{ action: 'NoAction', attempts: 1 }],
      match: [{ condition: 'KernelReady', status: 'False', reason: pattern }],
    })
    assert.deepEqual(outcomes([node, spare], noon + hour, [givenPolicy(), decline]), { a: 'no-action' })
  })

  test('a reboot or a new Node object starts the clock anew', () => {
    const node = givenNode('a', { bootId: 'boot-2' }, sick)
    const record = givenSighting(givenNode('a', {}, sick), noon)
    const snapshot = givenSnapshot({ nodes: [fresh(node, noon + hour)] })
    const [anew, old] = decide(snapshot, [givenPolicy()], [record], noon + hour)
    assert.equal(anew?.eligibleAt, noon + hour + 30 * minute)
    assert.equal(anew?.record, undefined)
    assert.deepEqual([old?.record, old?.outcome], [record.name, 'cleared'])
  })

  test('a record whose fault is over, or whose node is gone, is cleared; on half a picture it is not', () => {
    const healed = givenNode('a', {}, givenCondition('KernelReady', 'True'))
    const records = [givenSighting(healed, noon), givenSighting(givenNode('gone'), noon)]
    const snapshot = givenSnapshot({ nodes: [healed] })
    const decisions = decide(snapshot, [givenPolicy()], records, noon + hour)
    assert.deepEqual(
      decisions.map((one) => [one.node, one.outcome]),
      [
        ['a', 'cleared'],
        ['gone', 'cleared'],
      ],
    )
    const half = givenSnapshot({ nodes: [], health: { synced: false } })
    assert.deepEqual(decide(half, [givenPolicy()], records, noon + hour), [])
  })

  test('a policy edited while a repair waits counts from the next pass on', () => {
    const node = givenNode('a', {}, sick)
    assert.equal(decideOne(node, noon + 20 * minute).outcome, 'wait')
    assert.equal(decideOne(node, noon + 20 * minute, { generation: 2, tolerationMs: 15 * minute }).outcome, 'act')
    assert.equal(decideOne(node, noon + 40 * minute, { generation: 3, mode: 'Observe' }).outcome, 'would-act')
  })

  test('a policy of another name or generation makes nobody eligible by itself', () => {
    const node = givenNode('a', {}, sick)
    assert.equal(decideOne(node, noon + 29 * minute, { generation: 7 }).outcome, 'wait')
    assert.equal(decideOne(node, noon + 60 * minute, { name: 'renamed' }).eligibleAt, noon + 90 * minute)
  })
})

describe('the pool breaker (share)', () => {
  const cases: readonly (readonly [string, number, number, 'act' | 'refuse'])[] = [
    ['3 of 10', 10, 3, 'refuse'],
    ['2 of 10', 10, 2, 'act'],
    ['2 of 6', 6, 2, 'act'],
    ['1 of 6', 6, 1, 'act'],
    ['3 of 6', 6, 3, 'refuse'],
  ]
  for (const [name, total, unhealthy, expected] of cases) {
    test(`${name}: ${expected}`, () => {
      const found = outcomes(givenPool('p', total, unhealthy), noon + hour, [givenPolicy()])
      assert.deepEqual(new Set(Object.values(found)), new Set([expected]))
    })
  }

  test('in a pool of at most 5, one at a time, however many are sick', () => {
    for (const [total, unhealthy] of [
      [3, 1],
      [2, 2],
      [5, 4],
    ] as const) {
      const nodes = [...givenPool('p', total, unhealthy), spare]
      const acts = Object.values(outcomes(nodes, noon + hour, [givenPolicy()])).filter((one) => one === 'act')
      assert.equal(acts.length, 1)
    }
  })

  test('a pool that is sick through and through does not stop another one', () => {
    const nodes = [...givenPool('p', 10, 10), ...givenPool('q', 10, 1)]
    const found = outcomes(nodes, noon + hour, [givenPolicy()])
    assert.equal(found['q-0'], 'act')
    assert.equal(found['p-0'], 'refuse')
  })

  test('a sick node that a person has vetoed takes no share, but counts where many turn at once', () => {
    const vetoed = (node: NodeView, index: number) =>
      index < 2 ? { ...node, annotations: { 'nodemend.dev/veto': 'debugging' } } : node
    const pool = givenPool('p', 10, 4).map(vetoed)
    assert.equal(outcomes(pool, noon + hour, [givenPolicy()])['p-2'], 'act')
    const atOnce = decide(givenSnapshot({ nodes: [...pool, spare] }), [givenPolicy({ tolerationMs: 0 })], [], noon)
    assert.equal(atOnce.find((one) => one.node === 'p-2')?.decidedBy, 'breaker')
  })

  test('nodes without a pool are counted over what the policy selects', () => {
    const nodes = Array.from({ length: 10 }, (_, index) => givenNode(`n${index}`, {}, ...(index < 3 ? [sick] : [])))
    assert.equal(outcomes(nodes, noon + hour, [givenPolicy()]).n0, 'refuse')
  })
})

describe('limits and records', () => {
  test('the smallest budget counts, percentages round up, other reasons do not count', () => {
    const nodes = givenPool('p', 12, 2)
    const limited = givenPolicy({
      budgets: [{ nodes: { value: 1, percent: true } }, { nodes: { value: 0, percent: false }, reasons: ['Drifted'] }],
    })
    assert.deepEqual(outcomes(nodes, noon + hour, [limited]), { 'p-0': 'act', 'p-1': 'wait' })
  })

  test('a repair in flight takes room, a Pending record of another node does not', () => {
    const nodes = givenPool('p', 12, 2)
    const [first, second] = nodes
    assert.ok(first && second)
    const policy = givenPolicy({ budgets: [{ nodes: { value: 1, percent: false } }] })
    const records = [givenSighting(first, noon, { phase: 'Draining' }), givenSighting(second, noon)]
    assert.deepEqual(outcomes(nodes, noon + hour, [policy], records), { 'p-1': 'wait' })
  })

  test('a blocked repair lends its slot, up to two of them', () => {
    const nodes = givenPool('p', 30, 3)
    const policy = givenPolicy({ budgets: [{ nodes: { value: 1, percent: false } }] })
    const records = (blocked: number) =>
      nodes.slice(0, 3).map((node, index) => givenSighting(node, noon, index < blocked ? { phase: 'Blocked' } : {}))
    assert.deepEqual(outcomes(nodes, noon + hour, [policy], records(1)), { 'p-1': 'act', 'p-2': 'wait' })
    assert.deepEqual(outcomes(nodes, noon + hour, [policy], records(2)), { 'p-2': 'wait' })
  })

  test('Observe decides like Enforce and takes room from itself only', () => {
    const nodes = givenPool('p', 20, 3)
    const one = [{ nodes: { value: 1, percent: false } }]
    const look = givenPolicy({ name: 'kernel', mode: 'Observe', budgets: one })
    assert.deepEqual(outcomes(nodes, noon + hour, [look]), { 'p-0': 'would-act', 'p-1': 'wait', 'p-2': 'wait' })
  })

  test('Approve waits for a person, then acts', () => {
    const node = givenNode('a', {}, sick)
    const snapshot = givenSnapshot({ nodes: [fresh(node, noon + hour), spare] })
    const policies = [givenPolicy({ mode: 'Approve' })]
    const ask = (record: Attempt) => decide(snapshot, policies, [record], noon + hour)[0]
    const asked = ask(givenSighting(node, noon))
    assert.equal(asked?.decidedBy, 'approval')
    assert.match(asked?.gates.find((gate) => gate.gate === 'approval')?.change ?? '', /annotate noderepair a-1/)
    assert.equal(ask(givenSighting(node, noon, { approvedBy: 'kim' }))?.outcome, 'act')
  })

  test('a gate that throws refuses', () => {
    const node = givenNode('a', {}, sick)
    const broken = {
      ...node,
      pools: new Proxy([], {
        get: () => {
          throw new Error('unreadable')
        },
      }),
    }
    const decision = decideOne(broken, noon + hour)
    assert.equal(decision.outcome, 'refuse')
    assert.equal(decision.decidedBy, 'provider')
    assert.match(decision.gates.find((gate) => gate.gate === 'provider')?.why ?? '', /unreadable/)
  })

  test('a record is written again only when an answer, the rule or the outcome changes', () => {
    const node = givenNode('a', {}, sick)
    const before = decideOne(node, noon + minute)
    assert.equal(saysSomethingElse(before, decideOne(node, noon + 2 * minute)), false)
    assert.equal(saysSomethingElse(before, decideOne(node, noon + hour)), true)
    assert.equal(saysSomethingElse(undefined, before), true)
  })
})
