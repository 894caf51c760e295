/** How old what we know may be, and how much of it is kept: each property fails when its constant is loosened. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Api, Call } from '../../kube/api.ts'
import { SteppedClock } from '../../telemetry/clock.ts'
import { hour, minute, noon } from '../testing/given.ts'
import { HealthTracker } from './health.ts'
import { KarpenterRepair } from './karpenter-repair.ts'
import { KubeletLeases } from './kubelet-leases.ts'
import { PauseRequest, pausedKey } from './pause.ts'
import { SeenNodes } from './seen.ts'

const second = 1_000
const few = { numRuns: 40 }

/** An API server that answers every read with what `answer` says now; `calls` keeps what was asked. */
function answering(answer: () => unknown): { readonly api: Api; readonly calls: Call[] } {
  const calls: Call[] = []
  const api: Api = {
    server: 'test',
    close: () => undefined,
    stream: () => {
      throw new Error('nothing is watched here')
    },
    async request<T>(call: Call): Promise<T> {
      calls.push(call)
      return answer() as T // the tests answer what is asked for
    },
  }
  return { api, calls }
}

/** Polls every `everyMs` until `endMs`, and tells after each poll how late it is. */
async function follow(
  clock: SteppedClock,
  everyMs: number,
  endMs: number,
  poll: () => Promise<unknown>,
  check: (now: number) => void,
): Promise<void> {
  for (let now = 0; now <= endMs; now += everyMs) {
    await poll()
    check(now)
    await clock.advance(everyMs)
  }
}

describe('what we know', () => {
  test('a step of the wall clock of more than 30 s settles, a smaller one does not', () => {
    fc.assert(
      fc.property(fc.integer({ min: -90 * second, max: 90 * second }), (step) => {
        const clock = new SteppedClock(noon)
        const tracker = new HealthTracker(clock, 5 * minute)
        tracker.check(true)
        clock.skew(step)
        tracker.check(true)
        const { settledAt } = tracker.health(true, { state: 'listed', followed: 0, stale: 0 })
        assert.equal(settledAt !== undefined, Math.abs(step) > 30 * second)
      }),
    )
  })

  test('a kubelet lease that we have not seen move for more than a minute has stopped', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 150 }), async (quiet) => {
        const clock = new SteppedClock(noon)
        const items = [{ metadata: { name: 'a' }, spec: { renewTime: new Date(noon).toISOString() } }]
        const leases = new KubeletLeases(answering(() => ({ items })).api, clock)
        await leases.poll()
        await clock.advance(quiet * second)
        await leases.poll()
        assert.deepEqual(leases.counts(['a']), { state: 'listed', followed: 1, stale: quiet > 60 ? 1 : 0 })
      }),
      few,
    )
  })

  test('a pause is known five seconds after it was asked for, and no pass waits longer for the answer', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 15 * second }), async (pausedAt) => {
        const clock = new SteppedClock(noon)
        const isPaused = (): boolean => clock.now() - noon >= pausedAt
        const { api, calls } = answering(() => ({
          metadata: { annotations: isPaused() ? { [pausedKey]: 'kim' } : {} },
        }))
        const pause = new PauseRequest(api, clock, { namespace: 'default', name: 'lease' })
        const poll = (): Promise<unknown> => pause.poll()
        await follow(clock, second, 30 * second, poll, (now) => {
          if (now >= pausedAt + 6 * second) assert.equal(pause.pause.state, 'on', `${now - pausedAt} ms late`)
        })
        for (const call of calls) assert.ok((call.timeoutMs ?? Number.POSITIVE_INFINITY) <= 5 * second)
      }),
      few,
    )
  })

  test('Karpenter’s own repair is known five minutes after it was switched on', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 15 * minute }), async (switchedAt) => {
        const clock = new SteppedClock(noon)
        const env = () => [{ name: 'FEATURE_GATES', value: `NodeRepair=${clock.now() - noon >= switchedAt}` }]
        const deployment = () => ({ metadata: {}, spec: { template: { spec: { containers: [{ env: env() }] } } } })
        const karpenter = new KarpenterRepair(answering(() => ({ items: [deployment()] })).api, clock, 'remedy')
        const poll = (): Promise<unknown> => karpenter.poll()
        await follow(clock, 10 * second, 30 * minute, poll, (now) => {
          if (now >= switchedAt + 5 * minute + 10 * second)
            assert.match(karpenter.repairers()[0]?.why ?? '', /NodeRepair=true/, `${now - switchedAt} ms late`)
        })
      }),
      few,
    )
  })

  test('of a condition’s message no more than 256 characters are kept', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_096 }), (length) => {
        const condition = { type: 'Ready', status: 'True', message: 'x'.repeat(length) } as const
        const object = { metadata: { name: 'a', uid: 'u' }, status: { conditions: [condition] } }
        const kept = new SeenNodes().see(object, [], noon + hour).view.conditions[0]?.message
        assert.equal(kept?.length, Math.min(length, 256))
      }),
    )
  })
})
