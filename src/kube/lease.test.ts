import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Random, SteppedClock, seededRandom } from '../telemetry/clock.ts'
import type { Api, Call, KubeObject } from './api.ts'
import { KubeError, type KubeErrorCode } from './errors.ts'
import { holdLease, type LeaseHold } from './lease.ts'

interface StoredLease extends KubeObject {
  readonly spec: {
    readonly holderIdentity: string
    readonly leaseTransitions: number
    readonly leaseDurationSeconds: number
  }
}

type Fate = 'answered' | 'lost before' | 'lost after' | 'slow'

/** One Lease with resourceVersions, behind a network that loses or delays calls as the test says. */
class LeaseServer {
  stored: StoredLease | undefined
  fate: (who: string) => Fate = () => 'answered'
  calls = 0
  #version = 0
  readonly #clock: SteppedClock

  constructor(clock: SteppedClock) {
    this.#clock = clock
  }

  /** The server as seen by one candidate, whose own clock times its calls out. */
  api(who: string, clock: SteppedClock): Api {
    return {
      server: 'fake',
      close: () => undefined,
      stream: () => assert.fail('a lease needs no stream'),
      request: <T>(call: Call) =>
        new Promise<T>((resolve, reject) => {
          this.calls++
          const fate = this.fate(who)
          const giveUp = (): void => reject(error('NM_KUBE_TIMEOUT'))
          const cancel = clock.after(call.timeoutMs ?? 30_000, giveUp)
          call.signal?.addEventListener('abort', giveUp)
          const done = (step: () => void): void => {
            cancel()
            step()
          }
          const serve = (): void => {
            try {
              const answer = this.#serve(call) as T // a Lease is what was asked for
              if (fate !== 'lost after') done(() => resolve(answer))
            } catch (cause) {
              done(() => reject(cause))
            }
          }
          if (fate === 'slow') this.#clock.after(4_000, serve)
          else if (fate !== 'lost before') serve()
        }),
    }
  }

  #serve(call: Call): StoredLease {
    const body = call.body as StoredLease | undefined
    if (call.verb === 'get') {
      if (!this.stored) throw error('NM_KUBE_NOT_FOUND')
      return this.stored
    }
    assert.ok(body)
    if (call.verb === 'create' && this.stored) throw error('NM_KUBE_EXISTS')
    if (call.verb === 'update' && body.metadata.resourceVersion !== this.stored?.metadata.resourceVersion) {
      throw error('NM_KUBE_CONFLICT')
    }
    this.stored = { ...body, metadata: { ...body.metadata, resourceVersion: String(++this.#version) } }
    return this.stored
  }
}

function error(code: KubeErrorCode): KubeError {
  return new KubeError(code, code, { call: 'test' })
}

interface Candidate {
  readonly hold: LeaseHold
  readonly clock: SteppedClock
  readonly stop: AbortController
  readonly log: string[]
  leads(): boolean
}

function candidate(server: LeaseServer, identity: string, random: Random, onLost?: () => Promise<void>): Candidate {
  const clock = new SteppedClock()
  const stop = new AbortController()
  const log: string[] = []
  const hold = holdLease({
    api: server.api(identity, clock),
    clock,
    random,
    namespace: 'nodemend',
    name: 'controller',
    identity,
    onLeading: ({ transitions }) => log.push(`leading ${transitions}`),
    onLost: async () => {
      log.push('lost')
      await onLost?.()
    },
    signal: stop.signal,
  })
  return { hold, clock, stop, log, leads: () => hold.isLeaderUntil() > clock.monotonic() }
}

async function shut(...candidates: readonly Candidate[]): Promise<void> {
  for (const { stop } of candidates) stop.abort()
  for (const { hold, clock } of candidates) {
    for (let step = 0; step < 20; step++) await clock.advance(1_000)
    await hold.stopped
    assert.equal(clock.waiting, 0, 'no timer is left')
  }
}

describe('a lease', () => {
  it('is created, renewed, and released on a clean stop after its work has stopped', async () => {
    const server = new LeaseServer(new SteppedClock())
    let finishWork: (() => void) | undefined
    const one = candidate(server, 'one', seededRandom(1), () => new Promise((resolve) => (finishWork = resolve)))
    await one.clock.advance(0)
    assert.deepEqual(one.log, ['leading 1'])
    assert.equal(one.hold.isLeaderUntil(), 10_000)
    await one.clock.advance(4_000)
    assert.equal(one.hold.isLeaderUntil(), 14_000)
    one.stop.abort()
    await one.clock.advance(0)
    assert.deepEqual(one.log, ['leading 1', 'lost'])
    assert.equal(one.hold.isLeaderUntil(), Number.NEGATIVE_INFINITY)
    assert.equal(server.stored?.spec.holderIdentity, 'one')
    finishWork?.()
    await one.hold.stopped
    assert.equal(server.stored?.spec.holderIdentity, '')
    assert.equal(one.clock.waiting, 0)
  })

  it('is taken over at once when released, with the next fencing token', async () => {
    const server = new LeaseServer(new SteppedClock())
    const one = candidate(server, 'one', seededRandom(1))
    await one.clock.advance(0)
    const two = candidate(server, 'two', seededRandom(2))
    await two.clock.advance(10_000)
    assert.deepEqual(two.log, [])
    await shut(one)
    await two.clock.advance(2_400)
    assert.deepEqual(two.log, ['leading 2'])
    await shut(two)
  })

  it('of a holder that ended is taken over after its duration, counted on the candidate’s clock', async () => {
    const server = new LeaseServer(new SteppedClock())
    const dead = candidate(server, 'dead', seededRandom(1))
    await dead.clock.advance(0)
    const two = candidate(server, 'two', seededRandom(2))
    two.clock.skew(3_600_000) // wall clocks play no part
    await two.clock.advance(14_900)
    assert.deepEqual(two.log, [])
    await two.clock.advance(3_000)
    assert.deepEqual(two.log, ['leading 2'])
    await shut(dead, two)
    assert.deepEqual(dead.log, ['leading 1', 'lost'])
  })

  it('is lost at its deadline when the server does not answer, before anyone may take it', async () => {
    const server = new LeaseServer(new SteppedClock())
    const one = candidate(server, 'one', seededRandom(1))
    await one.clock.advance(2_000)
    server.fate = () => 'lost before'
    await one.clock.advance(9_999)
    assert.deepEqual(one.log, ['leading 1'])
    await one.clock.advance(1)
    assert.deepEqual(one.log, ['leading 1', 'lost'])
    server.fate = () => 'answered'
    await one.clock.advance(4_500)
    assert.deepEqual(one.log.at(-1), 'leading 2') // nobody else took it, and our own work of term 1 has stopped
    await shut(one)
  })

  it('survives an answer that is lost: the renewal was stored, and is recognised', async () => {
    const server = new LeaseServer(new SteppedClock())
    const one = candidate(server, 'one', seededRandom(1))
    await one.clock.advance(0)
    server.fate = () => 'lost after'
    await one.clock.advance(4_000)
    server.fate = () => 'answered'
    await one.clock.advance(20_000)
    assert.deepEqual(one.log, ['leading 1'])
    await shut(one)
  })

  it('is given up at once when somebody else wrote it', async () => {
    const server = new LeaseServer(new SteppedClock())
    const one = candidate(server, 'one', seededRandom(1))
    await one.clock.advance(0)
    assert.ok(server.stored)
    const spec = { ...server.stored.spec, holderIdentity: 'person', leaseTransitions: 9 }
    server.stored = { ...server.stored, spec, metadata: { ...server.stored.metadata, resourceVersion: 'x' } }
    await one.clock.advance(2_000)
    assert.deepEqual(one.log, ['leading 1', 'lost'])
    assert.equal(server.stored.spec.holderIdentity, 'person')
    await shut(one)
  })

  it('is not released when the work did not stop', async () => {
    const server = new LeaseServer(new SteppedClock())
    const one = candidate(server, 'one', seededRandom(1), () => Promise.reject(new Error('stuck')))
    await one.clock.advance(0)
    await shut(one)
    assert.equal(server.stored?.spec.holderIdentity, 'one')
  })

  it('of another process with our identity is respected', async () => {
    const server = new LeaseServer(new SteppedClock())
    const one = candidate(server, 'same', seededRandom(1))
    await one.clock.advance(0)
    const two = candidate(server, 'same', seededRandom(2))
    await two.clock.advance(10_000)
    assert.deepEqual(two.log, [])
    await shut(one, two)
  })

  it('never has two leaders, whatever the network and the clocks do, and its tokens only grow', async () => {
    const fate = fc.constantFrom<Fate>('answered', 'answered', 'lost before', 'lost after', 'slow')
    const step = fc.record({ a: fate, b: fate, steps: fc.integer({ min: 1, max: 40 }) })
    const property = fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 16 }),
      fc.double({ min: 0.85, max: 1.2, noNaN: true }),
      fc.integer(),
      async (script, rate, seed) => {
        const truth = new SteppedClock()
        const server = new LeaseServer(truth)
        const pair = [candidate(server, 'a', seededRandom(seed)), candidate(server, 'b', seededRandom(seed + 1))]
        const [a, b] = pair as [Candidate, Candidate]
        for (const { a: fateA, b: fateB, steps } of script) {
          server.fate = (who) => (who === 'a' ? fateA : fateB)
          for (let count = 0; count < steps; count++) {
            await truth.advance(500)
            await a.clock.advance(500)
            await b.clock.advance(500 * rate)
            assert.ok(!(a.leads() && b.leads()), 'two leaders')
          }
        }
        await shut(a, b)
        const tokens = pair.flatMap(({ log }) => log.filter((line) => line.startsWith('leading')))
        assert.equal(new Set(tokens).size, tokens.length, 'a fencing token came twice')
      },
    )
    await fc.assert(property, { numRuns: 25 })
  })
})
