/** The safety limits, over clusters that nobody drew by hand. A failure prints its seed and path. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { ClusterSnapshot, NodeView } from '../../model/node.ts'
import { type Policy, resolveQuantity } from '../../model/policy.ts'
import { type Attempt, isInFlight, type Phase } from '../../model/repair.ts'
import {
  givenAttempt,
  givenCondition,
  givenNode,
  givenPolicy,
  givenSnapshot,
  hour,
  minute,
  noon,
} from '../testing/given.ts'
import { decide } from './decide.ts'

const now = noon + hour
const runs = { numRuns: 300 }

const condition = fc.record({
  type: fc.constantFrom('KernelReady', 'NetworkingReady'),
  status: fc.constantFrom('False' as const, 'True' as const, 'Unknown' as const),
  age: fc.integer({ min: -30, max: 90 }),
  seen: fc.integer({ min: 0, max: 40 }),
})

const nodeArb = (index: number) =>
  fc
    .record({
      conditions: fc.uniqueArray(condition, { maxLength: 2, selector: (one) => one.type }),
      pool: fc.constantFrom('p', 'q', undefined),
      veto: fc.boolean(),
      owned: fc.integer({ min: 0, max: 9 }),
    })
    .map(({ conditions, pool, veto, owned }) =>
      givenNode(
        `n${index}`,
        {
          labels: pool ? { 'karpenter.sh/nodepool': pool } : {},
          annotations: veto && owned > 6 ? { 'nodemend.dev/veto': 'true' } : {},
          taints: owned === 0 ? [{ key: 'karpenter.sh/disrupted', effect: 'NoSchedule' }] : [],
        },
        ...conditions.map(({ type, status, age, seen }) =>
          givenCondition(type, status, {
            lastTransitionTime: new Date(now - age * minute).toISOString(),
            seenAt: now - seen * minute,
          }),
        ),
      ),
    )

const policyArb: fc.Arbitrary<readonly Policy[]> = fc
  .tuple(
    fc.constantFrom('Observe' as const, 'Approve' as const, 'Enforce' as const),
    fc.constantFrom('Enforce' as const, 'Observe' as const),
    fc.record({ value: fc.integer({ min: 0, max: 30 }), percent: fc.boolean() }),
    fc.integer({ min: 0, max: 40 }),
  )
  .map(([first, second, nodes, toleration]) => [
    givenPolicy({ mode: first, budgets: [{ nodes }], tolerationMs: toleration * minute }),
    givenPolicy({
      name: 'network',
      mode: second,
      budgets: [{ nodes }],
      match: [{ condition: 'NetworkingReady', status: 'False' }],
    }),
  ])

const phaseArb: fc.Arbitrary<Phase> = fc.constantFrom(
  'Pending',
  'Pending',
  'Pending',
  'Draining',
  'Blocked',
  'Acting',
  'Failed',
)

interface Given {
  readonly snapshot: ClusterSnapshot
  readonly policies: readonly Policy[]
  readonly records: readonly Attempt[]
}

/** Up to 40 nodes, some with a record that has watched them for up to an hour. */
const given: fc.Arbitrary<Given> = fc
  .integer({ min: 1, max: 40 })
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => nodeArb(index))))
  .chain((nodes) =>
    fc
      .record({
        watched: fc.array(fc.option(fc.tuple(fc.integer({ min: 0, max: 60 }), phaseArb), { nil: undefined }), {
          minLength: nodes.length,
          maxLength: nodes.length,
        }),
        policies: policyArb,
        leading: fc.integer({ min: 0, max: 9 }),
      })
      .map(({ watched, policies, leading }) => ({
        snapshot: givenSnapshot({ nodes, leadership: { leading: leading > 0 } }),
        policies,
        records: nodes.flatMap((node, index) => recordOf(node, watched[index], policies)),
      })),
  )

function recordOf(
  node: NodeView,
  watched: readonly [number, Phase] | undefined,
  policies: readonly Policy[],
): Attempt[] {
  if (!watched) return []
  const [minutes, phase] = watched
  const sightings = policies.flatMap((policy) =>
    node.conditions.map((one) => ({
      policy: policy.name,
      condition: one.type,
      status: one.status,
      reason: one.reason,
      since: now - minutes * minute,
    })),
  )
  return [givenAttempt(node, { phase, sightings, phases: [{ phase, at: now - minutes * minute, why: '' }] })]
}

const check = (property: (given: Given) => void): void => fc.assert(fc.property(given, property), runs)
const acting = ({ snapshot, policies, records }: Given) =>
  decide(snapshot, policies, records, now).filter((one) => one.outcome === 'act')

describe('whatever the cluster looks like', () => {
  test('no policy ever has more repairs in flight than its budget', () => {
    check((given) => {
      const started = acting(given)
      for (const policy of given.policies) {
        const mine = started.filter((one) => one.rule?.policy === policy.name)
        if (mine.length === 0) continue
        const before = given.records.filter((one) => isInFlight(one.phase)).length
        const limit = resolveQuantity(
          policy.budgets[0]?.nodes ?? { value: 0, percent: false },
          given.snapshot.nodes.length,
        )
        // Both policies select every node, so what the other one started counts as well.
        assert.ok(before + started.length <= limit, `${before} + ${started.length} > ${limit}`)
      }
    })
  })

  test('nothing starts in a pool of more than five with more than a fifth sick, nor twice in a small one', () => {
    check((given) => {
      const started = acting(given)
      for (const pool of ['p', 'q']) {
        const nodes = given.snapshot.nodes.filter((node) => node.labels['karpenter.sh/nodepool'] === pool)
        const here = started.filter((one) => nodes.some((node) => node.uid === one.nodeUid))
        const inFlight = given.records.filter(
          (one) => isInFlight(one.phase) && nodes.some((n) => n.uid === one.nodeUid),
        )
        if (nodes.length <= 5) assert.ok(here.length === 0 || here.length + inFlight.length <= 1)
        const matched = nodes.filter((node) =>
          node.conditions.some(
            (one) =>
              one.status === 'False' && given.policies.some((p) => p.match.some((m) => m.condition === one.type)),
          ),
        )
        const counted = matched.filter((node) => node.taints.length === 0)
        if (nodes.length > 5 && counted.length > Math.max(1, Math.ceil(nodes.length * 0.2))) assert.deepEqual(here, [])
      }
    })
  })

  test('nothing starts without leadership, on a stale condition, on a vetoed or foreign node', () => {
    check((given) => {
      for (const decision of acting(given)) {
        const node = given.snapshot.nodes.find((one) => one.uid === decision.nodeUid)
        const condition = node?.conditions.find((one) => one.type === decision.rule?.condition)
        assert.ok(given.snapshot.leadership.leading)
        assert.ok(node && condition && condition.status === 'False')
        assert.ok(now - condition.seenAt <= 15 * minute)
        assert.deepEqual(node.annotations, {})
        assert.deepEqual(node.taints, [])
      }
    })
  })

  test('nothing starts twice: at most one decision per node UID, none for a node under repair', () => {
    check((given) => {
      const decisions = decide(given.snapshot, given.policies, given.records, now)
      assert.equal(new Set(decisions.map((one) => one.nodeUid)).size, decisions.length)
      const busy = new Set(
        given.records.filter((one) => isInFlight(one.phase) || one.phase === 'Blocked').map((one) => one.nodeUid),
      )
      assert.ok(decisions.every((one) => !busy.has(one.nodeUid)))
    })
  })

  test('the order of the lists does not matter, and the same question has the same answer', () => {
    check((given) => {
      const { snapshot, policies, records } = given
      const first = decide(snapshot, policies, records, now)
      const turned = {
        ...snapshot,
        nodes: snapshot.nodes.toReversed().map((node) => ({ ...node, conditions: node.conditions.toReversed() })),
      }
      assert.deepEqual(decide(turned, policies.toReversed(), records.toReversed(), now), first)
    })
  })

  test('foreign stamps never shorten a toleration', () => {
    check((given) => {
      for (const decision of decide(given.snapshot, given.policies, given.records, now)) {
        if (!decision.rule) continue
        const policy = given.policies.find((one) => one.name === decision.rule?.policy)
        const record = given.records.find((one) => one.nodeUid === decision.nodeUid && one.phase === 'Pending')
        const seen = record?.sightings.find(
          (one) =>
            one.policy === policy?.name &&
            one.condition === decision.rule?.condition &&
            one.status === decision.rule.status,
        )
        const toleration = policy?.tolerationMs ?? 30 * minute
        assert.ok((decision.eligibleAt ?? 0) >= (seen?.since ?? now) + toleration)
        if (decision.outcome === 'act') assert.ok((decision.eligibleAt ?? 0) <= now)
      }
    })
  })
})
