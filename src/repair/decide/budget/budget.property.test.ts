/** However budgets, schedules, time zones and places come together: nothing begins above any of them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { NodeView, PoolBudgets } from '../../../model/node.ts'
import { type Budget, budgetScopes, limitsRepairs, type Policy, resolveQuantity } from '../../../model/policy.ts'
import { isInFlight } from '../../../model/repair.ts'
import { readSchedule } from '../../../model/schedule/schedule.ts'
import {
  givenAttempt,
  givenCondition,
  givenNode,
  givenPolicy,
  givenSighting,
  givenSnapshot,
  hour,
  minute,
} from '../../testing/given.ts'
import { decide } from '../decide.ts'

const zoneLabel = 'topology.kubernetes.io/zone'
const typeLabel = 'node.kubernetes.io/instance-type'
const poolLabel = 'karpenter.sh/nodepool'
const joinedLabel = 'karpenter.sh/initialized'
const all = { value: 100, percent: true }

const window = fc
  .record({
    schedule: fc.constantFrom('@hourly', '0 9 * * *', '30 2 * * *', '*/20 22-23 * * *', '0 0 * * sun', '0 12 1 * mon'),
    timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe'),
    minutes: fc.constantFrom(5, 30, 60, 480, 1440),
  })
  .map(({ schedule, timeZone, minutes }) => {
    const read = readSchedule(schedule, timeZone)
    assert.ok('schedule' in read)
    return { schedule: read.schedule, durationMs: minutes * minute }
  })
const quantity = fc.oneof(
  fc.record({ value: fc.integer({ min: 0, max: 4 }), percent: fc.constant(false) }),
  fc.record({ value: fc.constantFrom(0, 5, 10, 25, 50, 100), percent: fc.constant(true) }),
)
const reasons = fc.constantFrom(undefined, ['Unhealthy'], ['Drifted'], ['Empty', 'Unhealthy'])
const budget = (scopes: readonly (typeof budgetScopes)[number][]): fc.Arbitrary<Budget> =>
  fc
    .record({
      nodes: quantity,
      reasons,
      scope: fc.constantFrom(...scopes),
      window: fc.option(window, { nil: undefined }),
    })
    .map(({ nodes, reasons: named, scope, window: when }) => ({
      nodes,
      ...(named && { reasons: named }),
      ...(scope !== 'Selected' && { scope }),
      ...(scope === 'Label' && { label: 'rack' }),
      ...(when && { window: when }),
    }))

type Health = 'sick' | 'well' | 'not-ready' | 'deleting' | 'under-repair' | 'blocked'
const machine = fc.record({
  zone: fc.constantFrom('a', 'b'),
  rack: fc.constantFrom('1', '2', '3'),
  pool: fc.constantFrom('p', 'q'),
  image: fc.constantFrom('v1', 'v2', undefined),
  health: fc.constantFrom<Health>(
    'sick',
    'sick',
    'sick',
    'well',
    'well',
    'not-ready',
    'deleting',
    'under-repair',
    'blocked',
  ),
})
type Machine = typeof machine extends fc.Arbitrary<infer One> ? One : never

/** Around both changes of the clock in Berlin and New York, and anywhere in a year. */
const moment = fc
  .oneof(
    fc.constantFrom('2026-03-08T06:00Z', '2026-03-29T00:00Z', '2026-10-25T00:00Z', '2026-11-01T05:00Z').map(Date.parse),
    fc.integer({ min: 0, max: 365 * 24 }).map((hours) => Date.parse('2026-01-01T00:00Z') + hours * hour),
  )
  .chain((at) => fc.integer({ min: 0, max: 240 }).map((minutes) => at + minutes * minute))

const given = fc.record({
  machines: fc.array(machine, { minLength: 1, maxLength: 14 }),
  own: fc.array(budget(budgetScopes), { maxLength: 3 }),
  other: fc.array(budget(budgetScopes), { maxLength: 2 }),
  pool: fc.array(budget(['Selected']), { maxLength: 2 }),
  now: moment,
})

function nodeOf({ zone, rack, pool, image, health }: Machine, index: number, now: number): NodeView {
  const labels = { [zoneLabel]: zone, [typeLabel]: 'm5', rack, [poolLabel]: pool, [joinedLabel]: 'true' }
  const fresh = { seenAt: now, lastTransitionTime: new Date(now - 2 * hour).toISOString() }
  const sick = ['sick', 'under-repair', 'blocked'].includes(health)
  const ready = givenCondition('Ready', health === 'not-ready' ? 'Unknown' : 'True', fresh)
  return givenNode(`n${index}`, {
    labels,
    ...(image !== undefined && { image }),
    createdAt: now - 30 * 24 * hour,
    deleting: health === 'deleting',
    conditions: [ready, ...(sick ? [givenCondition('KernelReady', 'False', fresh)] : [])],
  })
}

/** As Karpenter's code says it, from the budgets' own words and without our index. */
function isActive({ reasons: named, window: when }: Budget, now: number): boolean {
  if (!limitsRepairs(named === undefined ? {} : { reasons: named })) return false
  if (!when) return true
  const hit = when.schedule.next(now - when.durationMs)
  return hit !== undefined && hit <= now
}

/** Whether `b` counts where `a` is. A node of an unknown image may have any; what begins after it may have another. */
function samePlace(budget: Budget, a: NodeView, b: NodeView): boolean {
  switch (budget.scope ?? 'Selected') {
    case 'Selected':
    case 'Cluster':
    case 'InstanceType':
      return true
    case 'Pool':
      return a.labels[poolLabel] === b.labels[poolLabel]
    case 'Zone':
      return a.labels[zoneLabel] === b.labels[zoneLabel]
    case 'Label':
      return a.labels.rack === b.labels.rack
    case 'Image':
      return b.image === undefined || a.image === b.image
  }
}

test('whatever begins fits into every budget that is active and binds it', () => {
  let begun = 0
  fc.assert(
    fc.property(given, ({ machines, own, other, pool, now }) => {
      const nodes = machines.map((one, index) => nodeOf(one, index, now))
      const records = nodes.flatMap((node, index) => {
        const { health = 'well' } = machines[index] ?? {}
        if (health === 'sick') return [givenSighting(node, now - 2 * hour)]
        const phase = health === 'under-repair' ? 'Draining' : health === 'blocked' ? 'Blocked' : undefined
        return phase ? [givenAttempt(node, { phase })] : []
      })
      const openBreaker = { share: all, rate: all, windowMs: 0, minNodes: 0 }
      const policy = givenPolicy({ budgets: own, breaker: openBreaker })
      // It binds by its places alone: it matches nothing that anybody shows.
      const second: Policy = {
        ...policy,
        name: 'second',
        budgets: other,
        match: [{ condition: 'Idle', status: 'True' }],
      }
      const poolBudgets: PoolBudgets = {
        object: 'NodePool p',
        field: 'spec.disruption.budgets',
        label: poolLabel,
        pool: 'p',
        joinedLabel,
        budgets: pool,
      }
      const snapshot = givenSnapshot({
        nodes: [...nodes, givenNode('spare', { createdAt: 0 })],
        poolBudgets: [poolBudgets],
      })
      const decisions = decide(snapshot, [policy, second], records, now)
      const started = nodes.filter((node) => decisions.some((one) => one.nodeUid === node.uid && one.outcome === 'act'))
      begun += started.length
      const repaired = [
        ...started,
        ...nodes.filter((node) => records.some((one) => one.nodeUid === node.uid && isInFlight(one.phase))),
      ]
      const active = own.filter((one) => isActive(one, now))
      const binding: readonly Budget[] = [
        ...(active.length > 0 ? active : [{ nodes: { value: 10, percent: true } }]),
        ...other.filter((one) => one.scope !== undefined && isActive(one, now)),
      ]
      for (const one of binding) {
        for (const node of started) {
          const there = snapshot.nodes.filter((two) => samePlace(one, node, two))
          const here = repaired.filter((two) => samePlace(one, node, two))
          assert.ok(here.length <= resolveQuantity(one.nodes, there.length), JSON.stringify(one))
        }
      }
      const inPool = nodes.filter((node) => node.labels[poolLabel] === 'p')
      const away = inPool.filter((node) => node.deleting || node.conditions[0]?.status !== 'True')
      const disrupted = new Set([...away, ...repaired.filter((node) => inPool.includes(node))])
      if (!started.some((node) => inPool.includes(node))) return
      for (const one of pool.filter((two) => isActive(two, now))) {
        assert.ok(disrupted.size <= resolveQuantity(one.nodes, inPool.length), JSON.stringify(one))
      }
    }),
    { numRuns: 400 },
  )
  assert.ok(begun > 100, `only ${begun} repairs began: the property says little`)
})
