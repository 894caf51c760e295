/** Limits of what others say and do: each property fails when its constant is loosened. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Api } from '../kube/api.ts'
import { SteppedClock } from '../telemetry/clock.ts'
import { EvictionPacing } from './act/drain/pacing.ts'
import type { DrainPod } from './act/drain/pod.ts'
import { Returns } from './act/drain/returns.ts'
import { wordsOf } from './act/drain/words.ts'
import { decide } from './decide/decide.ts'
import { KubeletLeases } from './observe/kubelet-leases.ts'
import {
  givenCondition,
  givenNode,
  givenPolicy,
  givenSighting,
  givenSnapshot,
  hour,
  minute,
  noon,
} from './testing/given.ts'

const passing = { reason: 'later', budgets: [], blocks: false, budget: false }

test('kind 7: six refusals in a row stand in the way, five do not, whatever the status code', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), (times) => {
      const pacing = new EvictionPacing(new SteppedClock(noon), () => 0)
      for (let time = 0; time < times; time++) pacing.refused('pod', passing)
      assert.equal(pacing.refusalOf('pod')?.blocks, times >= 6)
    }),
  )
})

test('kind 7: words of a refuser are at most 512 characters that can be seen', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(3_000), (odd, length) => {
      const words = wordsOf(`${odd}${'x'.repeat(length)}`)
      assert.ok(words.length <= 512 && !/[\p{Cc}\p{Cf}]/u.test(words))
    }),
  )
})

test('L12: a pod that comes back is evicted again after 15 s, then 30 s, and so on up to 5 min', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 8 }), async (returns) => {
      const clock = new SteppedClock(noon)
      const memory = new Returns(clock)
      const pod = (uid: string): DrainPod => ({ uid, ownerUid: 'owner' }) as DrainPod // only these are read
      memory.evicted(pod('first'), [pod('first')], false)
      for (let time = 0; time < returns; time++) memory.evicted(pod(`again-${time}`), [], true)
      assert.equal(memory.isBack(pod('now'), noon), true)
      assert.equal(memory.isBack(pod('first'), noon), false)
      await clock.advance(Math.min(15_000 * 2 ** returns, 300_000) - 1)
      assert.equal(memory.isDue(pod('now')), false)
      await clock.advance(1)
      assert.equal(memory.isDue(pod('now')), true)
    }),
  )
})

test('kind 8: a soft mark is waited for during 20 minutes, and never longer', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 120 * 60 }), (age) => {
      const now = noon + 3 * hour
      const setAt = now - age * 1_000
      const taint = {
        key: 'DeletionCandidateOfClusterAutoscaler',
        value: `${setAt / 1_000}`,
        effect: 'PreferNoSchedule',
      }
      const node = givenNode('a', { taints: [taint] }, givenCondition('KernelReady', 'False', { seenAt: now }))
      const snapshot = givenSnapshot({ nodes: [node, givenNode('spare')] })
      const [decision] = decide(snapshot, [givenPolicy()], [givenSighting(node, noon)], now)
      const gate = decision?.gates.find((one) => one.gate === 'foreign-owner')
      assert.equal(gate?.answer, age < 20 * 60 ? 'wait' : 'allow')
    }),
  )
})

test('kind 2: the last node whose taints are among this one’s is never drained, however many others there are', () => {
  const keys = fc.uniqueArray(fc.constantFrom('gpu', 'team', 'spot', 'zone'), { maxLength: 4 })
  fc.assert(
    fc.property(keys, fc.array(keys, { maxLength: 8 }), (own, others) => {
      const taints = (of: readonly string[]) => of.map((key) => ({ key, value: 'x', effect: 'NoSchedule' }))
      const sick = givenCondition('KernelReady', 'False', { seenAt: noon + hour })
      const node = givenNode('a', { taints: taints(own) }, sick)
      const rest = others.map((of, index) => givenNode(`n${index}`, { taints: taints(of) }))
      const snapshot = givenSnapshot({ nodes: [node, ...rest] })
      const [decision] = decide(snapshot, [givenPolicy()], [givenSighting(node, noon)], noon + hour)
      const gate = decision?.gates.find((one) => one.gate === 'last-node')
      const taken = others.some((of) => of.every((key) => own.includes(key)))
      assert.equal(gate?.answer, taken ? 'allow' : 'refuse')
    }),
  )
})

test('kind 2: kubelets that stopped 12 hours ago count no more while one renews; while none does, they count', async () => {
  const age = fc.integer({ min: 0, max: 24 * 60 })
  await fc.assert(
    fc.asyncProperty(fc.array(age, { minLength: 1, maxLength: 12 }), async (minutes) => {
      const items = minutes.map((passed, index) => ({
        metadata: { name: `n${index}` },
        spec: { renewTime: new Date(noon - passed * minute).toISOString() },
      }))
      const request = async <T>(): Promise<T> => ({ items, metadata: {} }) as T // a list of leases
      const api = { request, server: 'test', close: () => undefined } as unknown as Api // no watch is opened
      const leases = new KubeletLeases(api, new SteppedClock(noon))
      await leases.poll()
      const counted = minutes.some((passed) => passed <= 1) ? minutes.filter((passed) => passed <= 12 * 60) : minutes
      const stale = counted.filter((passed) => passed > 1).length
      const counts = leases.counts(items.map((one) => one.metadata.name))
      assert.deepEqual(counts, { state: 'listed', followed: counted.length, stale })
    }),
  )
})

test('L10: the mode that decides is the most careful of those that match the condition', () => {
  const modes = ['Observe', 'Approve', 'Enforce'] as const
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...modes), { minLength: 1, maxLength: 6 }), (given) => {
      const node = givenNode('a', {}, givenCondition('KernelReady', 'False', { seenAt: noon + minute }))
      const policies = given.map((mode, index) => givenPolicy({ name: `p${index}`, mode }))
      const [decision] = decide(givenSnapshot({ nodes: [node, givenNode('spare')] }), policies, [], noon + minute)
      assert.equal(
        decision?.rule?.mode,
        modes.find((mode) => given.includes(mode)),
      )
    }),
  )
})
