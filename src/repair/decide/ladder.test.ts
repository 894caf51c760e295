/** Which rung a node is on: from the records alone, so that every leader comes to the same answer. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { interventions } from '../../model/action.ts'
import type { Attempt, Phase, Plan } from '../../model/repair.ts'
import { givenAttempt, givenNode, givenPolicy, hour, minute, noon } from '../testing/given.ts'
import { historyOf, standingOf } from './ladder.ts'

const node = givenNode('a')
const policy = givenPolicy({
  ladder: [
    { action: 'Reboot', attempts: 1 },
    { action: 'Replace', attempts: 2 },
  ],
})
const now = noon + 30 * hour

function ended(phase: Phase, action: Plan['action'], endedAt: number, given: Partial<Attempt> = {}): Attempt {
  const { drain } = policy
  const target = { kind: 'Node', name: 'a', uid: 'uid-a' }
  const asked = { policy: 'any', generation: 1, provider: 'embedded', target, drain, dwellMs: 0 }
  const plan: Plan = { ...asked, action, condition: 'KernelReady', status: 'False', reason: '' }
  return givenAttempt(node, { phase, phases: [{ phase, at: endedAt, why: '' }], plan, ...given })
}

const standing = (...records: readonly Attempt[]) => standingOf(policy, node, 'KernelReady', historyOf(records), now)

describe('the rung', () => {
  test('is the first one, then the next one for each that failed, then none', () => {
    const reboot = ended('Failed', 'Reboot', now - 3 * hour)
    const first = ended('Failed', 'Replace', now - 2 * hour)
    const second = ended('Failed', 'Replace', now - hour)
    assert.deepEqual([standing().action, standing().spent], ['Reboot', false])
    assert.deepEqual([standing(reboot).action, standing(reboot, first).action], ['Replace', 'Replace'])
    assert.equal(standing(reboot, first).spent, false)
    assert.equal(standing(reboot, first, second).spent, true)
    assert.deepEqual(standing(second, reboot, first).tried, [reboot, first, second], 'oldest first')
  })

  test('a day later it begins anew; what was cancelled uses up no rung', () => {
    assert.equal(standing(ended('Failed', 'Reboot', now - 24 * hour)).action, 'Reboot')
    assert.equal(standing(ended('Failed', 'Reboot', now - 24 * hour + minute)).action, 'Replace')
    assert.equal(standing(ended('Cancelled', 'Reboot', now - minute)).action, 'Reboot')
  })

  test('a repair that was proven and did not last counts, on the same node and on its successor', () => {
    const proven = ended('Succeeded', 'Reboot', now - hour)
    assert.equal(standing(proven).action, 'Replace')
    assert.equal(standingOf(policy, node, 'StorageReady', historyOf([proven]), now).action, 'Reboot')
    const before = ended('Failed', 'Reboot', now - 2 * hour, { nodeUid: 'uid-old' })
    const since = noon
    const replaced = ended('Succeeded', 'Replace', now - hour, {
      nodeUid: 'uid-old',
      successor: { name: 'a', uid: 'uid-a', since },
    })
    assert.deepEqual([standing(before, replaced).action, standing(before, replaced).tried.length], ['Replace', 2])
    assert.equal(standingOf(policy, node, 'StorageReady', historyOf([replaced]), now).tried.length, 0)
  })

  test('kind 1: a drain that was cancelled pauses the next attempt; one that never began does not', () => {
    const drained = ended('Cancelled', 'Replace', now - minute, { taintedAt: now - 2 * minute })
    assert.deepEqual([standing(drained).action, standing(drained).tried], ['Reboot', [drained]])
    assert.deepEqual(standing(ended('Cancelled', 'Replace', now - minute)).tried, [])
    const phases = [{ phase: 'Cancelled' as const, at: now - minute, why: 'veto: annotation nodemend.dev/veto=true' }]
    assert.deepEqual(standing({ ...drained, phases }).tried, [], 'a person who takes a veto back wants it now')
  })

  test('kind 1: what a person forgave counts no more', () => {
    assert.equal(standing(ended('Failed', 'Reboot', now - hour, { forgivenBy: 'kim' })).action, 'Reboot')
  })

  test('kind 1: another Node object of the same name or the same machine is of the lineage', () => {
    const other = (given: Partial<Attempt>) => ended('Failed', 'Reboot', now - hour, { nodeUid: 'uid-old', ...given })
    assert.equal(standing(other({})).action, 'Replace', 'the name is the same')
    assert.equal(standing(other({ nodeName: 'b' })).action, 'Reboot')
    const here = { ...node, providerId: 'cloud://1' }
    const sameMachine = historyOf([other({ nodeName: 'b', providerId: 'cloud://1' })])
    assert.equal(standingOf(policy, here, 'KernelReady', sameMachine, now).action, 'Replace')
  })

  test('the failures of the nodes that it came from by failed repairs count', () => {
    const chain = ['uid-1', 'uid-2', 'uid-a'].map((uid, index) =>
      ended('Failed', 'Replace', now - (3 - index) * hour, {
        nodeUid: `uid-${index === 0 ? 0 : index}`,
        successor: { name: 'n', uid, since: noon },
      }),
    )
    assert.equal(standing(...chain).tried.length, 3)
  })
})

test('kind 1: a lineage takes at most three machines in a day, whatever the policy, the conditions and the outcomes', () => {
  const condition = fc.constantFrom('KernelReady', 'StorageReady')
  const took = fc.record({
    phase: fc.constantFrom<Phase>('Failed', 'Succeeded'),
    condition,
    ago: fc.integer({ min: 1, max: 1_800 }),
  })
  fc.assert(
    fc.property(
      fc.array(took, { maxLength: 6 }),
      fc.integer({ min: 1, max: 9 }),
      condition,
      (links, attempts, sickWith) => {
        // Each machine is the successor of the one before it; the last one is the node.
        const records = links.map(({ phase, condition: cause, ago }, index) => {
          const uid = index === links.length - 1 ? 'uid-a' : `uid-${index + 1}`
          const one = ended(phase, 'Replace', now - ago * minute, {
            nodeName: `n${index}`,
            nodeUid: `uid-${index}`,
            successor: { name: 'n', uid, since: noon },
          })
          return { ...one, ...(one.plan && { plan: { ...one.plan, condition: cause } }) }
        })
        const loose = givenPolicy({ ladder: [{ action: 'Replace', attempts }] })
        const { spent } = standingOf(loose, node, sickWith, historyOf(records), now)
        if (links.filter((one) => one.ago < 24 * 60).length >= 3) assert.ok(spent)
      },
    ),
  )
})

test('however the records lie, no rung is tried more often than it says, and their order does not matter', () => {
  const record = fc
    .record({
      phase: fc.constantFrom<Phase>('Failed', 'Succeeded', 'Cancelled'),
      action: fc.constantFrom(...interventions),
      ago: fc.integer({ min: 1, max: 30 * 60 }),
    })
    .map(({ phase, action, ago }) => ended(phase, action, now - ago * minute))
  fc.assert(
    fc.property(fc.array(record, { maxLength: 8 }), (drawn) => {
      const records = drawn.map((one, index) => ({ ...one, name: `a-${index}` }))
      const found = standing(...records)
      assert.deepEqual(standing(...records.toReversed()), found)
      const counted = records.filter((one) => one.phase !== 'Cancelled' && now - (one.phases[0]?.at ?? 0) < 24 * hour)
      const times = counted.filter((one) => one.plan?.action === found.action).length
      const allowed = policy.ladder.find((rung) => rung.action === found.action)?.attempts ?? 0
      assert.equal(found.spent, found.action === 'Replace' && times >= allowed)
    }),
  )
})
