/** Limits of the decision that only counts show: each property fails when its constant is loosened. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { GateRecord } from '../../model/decision.ts'
import type { ClusterSnapshot, NodeView } from '../../model/node.ts'
import type { Policy } from '../../model/policy.ts'
import type { Attempt } from '../../model/repair.ts'
import {
  givenAttempt,
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
/** The breaker is open, so that nothing but the budget limits. */
const openBreaker = { share: all, rate: all, windowMs: 0, minNodes: 0 }

interface Given {
  /** Nodes that the policy selects; another one outside of it takes pods. */
  readonly nodes: number
  /** Of those, so many are sick, and of the sick so many are under repair. */
  readonly sick: number
  readonly inFlight: number
  readonly blocked: number
  readonly budgets: Policy['budgets']
}

/** Names of the nodes whose repair starts. */
function started({ nodes, sick, inFlight, blocked, budgets }: Given): readonly string[] {
  const labels = { pool: 'p' }
  const condition = givenCondition('KernelReady', 'False', { seenAt: now })
  const pool: readonly NodeView[] = Array.from({ length: nodes }, (_, index) =>
    givenNode(`n${index}`, { labels }, ...(index < sick ? [condition] : [])),
  )
  const phase = (index: number): Partial<Attempt> =>
    index < inFlight ? { phase: 'Draining' } : index < inFlight + blocked ? { phase: 'Blocked' } : {}
  const records = pool.slice(0, sick).map((node, index) => givenSighting(node, noon, phase(index)))
  const policy = givenPolicy({ nodeSelector: labels, budgets, breaker: openBreaker })
  const snapshot = givenSnapshot({ nodes: [...pool, givenNode('spare')] })
  return decide(snapshot, [policy], records, now).flatMap((one) => (one.outcome === 'act' ? [one.node] : []))
}

const counts = fc.integer({ min: 1, max: 60 }).chain((nodes) =>
  fc.integer({ min: 0, max: nodes }).chain((sick) =>
    fc.record({
      nodes: fc.constant(nodes),
      sick: fc.constant(sick),
      inFlight: fc.integer({ min: 0, max: Math.min(sick, 3) }),
      blocked: fc.constant(0),
    }),
  ),
)

const budget = fc
  .record({ value: fc.integer({ min: 1, max: 100 }), percent: fc.boolean() })
  .map((nodes) => [{ nodes }] as const)

describe('budgets', () => {
  test('a policy that budgets no repairs has a tenth of its nodes in flight, rounded up', () => {
    const budgets = [{ nodes: all, reasons: ['Drifted'] }]
    fc.assert(
      fc.property(counts, (given) => {
        const room = Math.max(0, Math.ceil(given.nodes / 10) - given.inFlight)
        assert.equal(started({ ...given, budgets }).length, Math.min(room, given.sick - given.inFlight))
      }),
    )
  })

  test('nothing starts beside two blocked repairs, whatever the budget', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 60 }),
        fc.integer({ min: 2, max: 6 }),
        budget,
        (nodes, blocked, budgets) => {
          const given = { nodes, sick: nodes, inFlight: 0, blocked: Math.min(blocked, nodes - 1), budgets }
          assert.deepEqual(started(given), [])
        },
      ),
    )
  })

  test('of a pair, one is blocked: the other one is left alone, whatever the budget', () => {
    fc.assert(
      fc.property(budget, (budgets) => {
        assert.deepEqual(started({ nodes: 2, sick: 2, inFlight: 0, blocked: 1, budgets }), [])
      }),
    )
  })

  test('one blocked repair never holds up another sick node, in pools of three or more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 60 }), (nodes) => {
        const budgets = [{ nodes: { value: 1, percent: false } }]
        assert.deepEqual(started({ nodes, sick: 2, inFlight: 0, blocked: 1, budgets }), ['n1'])
      }),
    )
  })
})

/** What `gate` answers about node `n0`. */
function answer(gate: string, snapshot: ClusterSnapshot, policy: Policy, records: readonly Attempt[]): GateRecord {
  const found = decide(snapshot, [policy], records, now)
    .find((one) => one.node === 'n0')
    ?.gates.find((one) => one.gate === gate)
  assert.ok(found, `no answer of ${gate}`)
  return found
}

describe('gates', () => {
  test('a zone with three unhealthy nodes that are more than half of it is impaired', () => {
    const lost = givenCondition('Ready', 'Unknown', { seenAt: now })
    const policy = givenPolicy({ match: [{ condition: 'Ready', status: 'Unknown' }] })
    const zone = fc
      .integer({ min: 1, max: 12 })
      .chain((total) => fc.record({ total: fc.constant(total), unhealthy: fc.integer({ min: 1, max: total }) }))
    fc.assert(
      fc.property(zone, ({ total, unhealthy }) => {
        const labels = { 'topology.kubernetes.io/zone': 'a' }
        const nodes = Array.from({ length: total }, (_, index) =>
          givenNode(`n${index}`, { labels, ...(index < unhealthy && { conditions: [lost] }) }),
        )
        const impaired = unhealthy >= 3 && unhealthy >= 0.55 * total
        const { answer: said } = answer('zone', givenSnapshot({ nodes: [...nodes, givenNode('spare')] }), policy, [])
        assert.equal(said, impaired ? 'refuse' : 'allow')
      }),
    )
  })

  test('more than half of three or more kubelet leases stopped: nothing happens', () => {
    const leases = fc
      .integer({ min: 0, max: 12 })
      .chain((followed) => fc.record({ followed: fc.constant(followed), stale: fc.integer({ min: 0, max: followed }) }))
    const nodes = [givenNode('n0', {}, givenCondition('KernelReady', 'False', { seenAt: now })), givenNode('spare')]
    fc.assert(
      fc.property(leases, ({ followed, stale }) => {
        const snapshot = givenSnapshot({ nodes, health: { leases: { state: 'listed', followed, stale } } })
        const frozen = followed >= 3 && 2 * stale > followed
        assert.equal(answer('api-health', snapshot, givenPolicy(), []).answer, frozen ? 'refuse' : 'allow')
      }),
    )
  })

  test('three failures within 24 hours need a person; fewer are spaced by 10, then 20 minutes', () => {
    const node = givenNode('n0', {}, givenCondition('KernelReady', 'False', { seenAt: now }))
    const snapshot = givenSnapshot({ nodes: [node, givenNode('spare')] })
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 30 * 60 }), { maxLength: 5 }), (minutesAgo) => {
        const records = minutesAgo.map((ago, index) =>
          givenAttempt(node, {
            name: `failed-${index}`,
            phase: 'Failed',
            phases: [{ phase: 'Failed', at: now - ago * minute, why: '' }],
          }),
        )
        const recent = minutesAgo.filter((ago) => ago < 24 * 60)
        const pause = 10 * 2 ** (recent.length - 1)
        const waits = recent.length > 0 && Math.min(...recent) < pause
        const expected = recent.length >= 3 ? 'refuse' : waits ? 'wait' : 'allow'
        assert.equal(answer('attempts', snapshot, givenPolicy(), records).answer, expected)
      }),
    )
  })
})
