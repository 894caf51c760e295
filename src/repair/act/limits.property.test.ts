/** How hard a drain knocks, and how much it writes down: each property fails when its constant is loosened. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Api, Call } from '../../kube/api.ts'
import { isKubeError, KubeError } from '../../kube/errors.ts'
import type { Blocker } from '../../model/repair.ts'
import { SteppedClock, seededRandom } from '../../telemetry/clock.ts'
import { statusOf } from '../attempt/record.ts'
import { attemptStatus } from '../attempt/schema.ts'
import { nextStep } from '../attempt/step.ts'
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
import { EvictionPacing } from './drain/pacing.ts'
import { EvictionRate } from './drain/rate.ts'
import { Drainer, type DrainPass } from './drain/run.ts'
import { setTaint } from './taint.ts'

const refusal = { reason: 'no', budgets: [], blocks: true, budget: true }

test('a refused pod is asked again after 1, 2, 4, 8, then every 15 s, a quarter later at most', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 0, max: 999 }), async (times, jitter) => {
      const clock = new SteppedClock(noon)
      const pacing = new EvictionPacing(clock, () => jitter / 1000)
      for (let time = 1; time < times; time++) pacing.refused('pod', refusal)
      pacing.refused('pod', refusal)
      const pause = Math.min(1_000 * 2 ** (times - 1), 15_000)
      await clock.advance(pause - 1)
      assert.equal(pacing.isDue('pod'), false, `too early after ${times}`)
      await clock.advance(1 + pause / 4)
      assert.equal(pacing.isDue('pod'), true, `too late after ${times}`)
    }),
  )
})

/** An API server of one node with `pods`; no write gets through. */
function givenApi(pods: readonly object[]): { readonly api: Api; readonly writes: Call[] } {
  const writes: Call[] = []
  const api: Api = {
    server: 'test',
    close: () => undefined,
    stream: () => {
      throw new Error('nothing is watched here')
    },
    async request<T>(call: Call): Promise<T> {
      if (call.verb === 'get') return { metadata: { name: 'a', uid: 'uid-a', resourceVersion: '1' } } as T // a Node
      if (call.verb === 'list') return { items: pods } as T // of Pods
      writes.push(call)
      throw new KubeError('NM_KUBE_CONFLICT', 'somebody else was faster', { call: call.verb, status: 409 })
    },
  }
  return { api, writes }
}

test('a taint that always loses its race is given up after six tries', async () => {
  const { api, writes } = givenApi([])
  await assert.rejects(setTaint(api, { name: 'a', uid: 'uid-a' }, 'a-1'), (error) =>
    isKubeError(error, 'NM_KUBE_CONFLICT'),
  )
  assert.equal(writes.length, 6)
})

describe('what a drain writes down fits into its object', () => {
  const node = givenNode('a', {}, givenCondition('KernelReady'))
  const { drain: limits } = givenPolicy()
  const attempt = givenAttempt(node, {
    phase: 'Draining',
    taintedAt: noon,
    drain: { startedAt: noon, deadline: noon + hour, evicted: 0, remaining: 0, blockers: [], leftBehind: [] },
    plan: {
      policy: 'kernel',
      generation: 1,
      action: 'Replace',
      provider: 'embedded',
      target: { kind: 'Node', name: 'a', uid: 'uid-a' },
      condition: 'KernelReady',
      status: 'False',
      reason: '',
      drain: { ...limits, onTimeout: 'ProceedWithout' },
      dwellMs: minute,
    },
  })
  const record = (pass: DrainPass, now: number): void => {
    const snapshot = givenSnapshot({ nodes: [node, givenNode('spare')] })
    const step = nextStep(attempt, { snapshot, now, slotFree: true, pass })
    assert.ok(step.kind === 'record')
    assert.equal(attemptStatus.safeParse(statusOf(step.attempt)).error, undefined)
  }

  test('however many pods are in the way or stay', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 50, max: 130 }), fc.integer({ min: 50, max: 130 }), async (held, stay) => {
        const pods = Array.from({ length: held + stay }, (_, index) => ({
          metadata: {
            name: `pod-${index}`,
            namespace: 'default',
            uid: `uid-${index}`,
            ...(index < held
              ? { annotations: { 'karpenter.sh/do-not-disrupt': 'true' } }
              : {
                  ownerReferences: [
                    { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'd', uid: 'd', controller: true },
                  ],
                }),
          },
          spec: { nodeName: 'a' },
        }))
        const drainer = new Drainer(givenApi(pods).api, new SteppedClock(noon), seededRandom(1))
        const pass = await drainer.pass(attempt, limits, noon + hour)
        assert.equal(pass.remaining, held)
        record({ ...pass, taintGone: false }, noon + minute)
      }),
      { numRuns: 20 },
    )
  })

  test('also when those in the way are left behind, too', () => {
    const count = fc.integer({ min: 0, max: 64 })
    fc.assert(
      fc.property(count, count, (blocked, left) => {
        const blockers = Array.from({ length: blocked }, (_, index): Blocker => {
          return { pod: `shop/${index}`, kind: 'protected', reason: 'annotation', budgets: [] }
        })
        const pass = { listedAt: noon, nodeGone: false, taintGone: false, evicted: 0, remaining: blocked, stuck: true }
        record({ ...pass, blockers, left: Array.from({ length: left }, () => 'shop/stays: here') }, noon + 2 * hour)
      }),
    )
  })
})

test('all drains together evict at most so many pods a second, and none is left out for good', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ wanted: fc.integer({ min: 0, max: 700 }), later: fc.integer({ min: 0, max: 1_500 }) })),
      async (asks) => {
        const clock = new SteppedClock(noon)
        const rate = new EvictionRate(clock)
        const granted: { at: number; count: number }[] = []
        for (const { wanted, later } of asks) {
          granted.push({ at: clock.monotonic(), count: rate.take(wanted) })
          await clock.advance(later)
        }
        for (const { at } of granted) {
          const together = granted.filter((one) => one.at === at).reduce((sum, one) => sum + one.count, 0)
          assert.ok(together <= 500)
          const within = granted.filter((one) => one.at >= at && one.at < at + 1_000)
          // A second that begins in mid-window sees the end of one window and the whole of the next.
          assert.ok(within.reduce((sum, one) => sum + one.count, 0) <= 2 * 500)
        }
        await clock.advance(1_000)
        assert.equal(rate.take(1), 1)
      },
    ),
  )
})
