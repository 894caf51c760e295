import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { SteppedClock, seededRandom } from '../../telemetry/clock.ts'
import type { Api, Call, KubeObject } from '../api.ts'
import { KubeError, type KubeErrorCode } from '../errors.ts'
import type { Occurrence } from './queue.ts'
import { createEventRecorder, type EventRecorder } from './recorder.ts'

interface StoredEvent extends KubeObject {
  readonly involvedObject: { readonly kind: string; readonly name: string; readonly uid?: string }
  readonly reason: string
  readonly message: string
  readonly count: number
  readonly firstTimestamp: string
  readonly lastTimestamp: string
}

/** Events by name, behind a network that fails as the test says: before the write, or after it (the answer is lost). */
class EventServer {
  readonly stored = new Map<string, StoredEvent>()
  readonly calls: string[] = []
  trouble: { readonly code: KubeErrorCode; readonly when: 'before' | 'after' } | undefined

  readonly api: Api = {
    server: 'fake',
    close: () => undefined,
    stream: () => assert.fail('no stream is asked for'),
    request: async <T>(call: Call): Promise<T> => {
      this.calls.push(call.verb)
      await Promise.resolve()
      if (this.trouble?.when === 'before') throw error(this.trouble.code)
      const answer = this.#store(call)
      if (this.trouble?.when === 'after') throw error(this.trouble.code)
      return answer as T // an Event is what was sent
    },
  }

  #store(call: Call): StoredEvent {
    const body = call.body as StoredEvent
    const name = call.name ?? body.metadata.name ?? ''
    const held = this.stored.get(name)
    if (call.verb === 'patch' && !held) throw error('NM_KUBE_NOT_FOUND')
    if (call.verb === 'create' && held) throw error('NM_KUBE_EXISTS')
    const next = { ...held, ...body }
    this.stored.set(name, next)
    return next
  }

  get texts(): string[] {
    return [...this.stored.values()].map(({ message, count }) => `${message} x${count}`)
  }
}

function error(code: KubeErrorCode): KubeError {
  return new KubeError(code, code, { call: 'test' })
}

function setUp(): { server: EventServer; clock: SteppedClock; recorder: EventRecorder } {
  const server = new EventServer()
  const clock = new SteppedClock()
  const random = seededRandom(5)
  const recorder = createEventRecorder({
    api: server.api,
    clock,
    random,
    component: 'nodemend-agent',
    host: 'worker-1',
  })
  return { server, clock, recorder }
}

function occurrence(message: string, key = 'rule', extra: Partial<Occurrence> = {}): Occurrence {
  return {
    regarding: { kind: 'Node', name: 'worker-1' },
    type: 'Warning',
    reason: 'KernelReady',
    message,
    key,
    ...extra,
  }
}

describe('an Event', () => {
  it('is written at once, with what kubectl describe looks for', async () => {
    const { server, clock, recorder } = setUp()
    recorder.record(occurrence('SoftLockup: CPU 1 stuck'))
    await clock.advance(0)
    const [event] = server.stored.values()
    assert.match(event?.metadata.name ?? '', /^worker-1\.[0-9a-f]+$/)
    assert.deepEqual(
      { ...event, metadata: event?.metadata.namespace },
      {
        metadata: 'default',
        apiVersion: 'v1',
        kind: 'Event',
        involvedObject: { apiVersion: 'v1', kind: 'Node', name: 'worker-1', uid: 'worker-1' },
        type: 'Warning',
        reason: 'KernelReady',
        message: 'SoftLockup: CPU 1 stuck',
        count: 1,
        firstTimestamp: '2026-01-01T00:00:00Z',
        lastTimestamp: '2026-01-01T00:00:00Z',
        source: { component: 'nodemend-agent', host: 'worker-1' },
        reportingComponent: 'nodemend-agent',
        reportingInstance: 'worker-1',
      },
    )
    assert.equal(clock.waiting, 0)
  })

  it('goes to the namespace of what it is about', async () => {
    const { server, clock, recorder } = setUp()
    const regarding = { apiVersion: 'v1', kind: 'Pod', name: 'web-1', namespace: 'shop', uid: 'u' }
    recorder.record(occurrence('x', 'rule', { regarding }))
    await clock.advance(0)
    assert.equal([...server.stored.values()][0]?.metadata.namespace, 'shop')
  })

  it('that repeats is counted on the same object', async () => {
    const { server, clock, recorder } = setUp()
    for (let time = 0; time < 5; time++) {
      recorder.record(occurrence('a'))
      await clock.advance(1_000)
    }
    assert.deepEqual(server.texts, ['a x5'])
    assert.deepEqual(server.calls, ['create', 'patch', 'patch', 'patch', 'patch'])
    const [event] = server.stored.values()
    assert.equal(event?.lastTimestamp, '2026-01-01T00:00:04Z')
  })

  it('is written anew when the server has expired the old one', async () => {
    const { server, clock, recorder } = setUp()
    recorder.record(occurrence('a'))
    await clock.advance(0)
    server.stored.clear()
    recorder.record(occurrence('a'))
    await clock.advance(0)
    assert.deepEqual(server.texts, ['a x2'])
  })
})

describe('a noisy rule', () => {
  it('slows down and does not hide the others', async () => {
    const { server, clock, recorder } = setUp()
    for (let line = 0; line < 500; line++) recorder.record(occurrence(`line ${line}`, 'noisy'))
    recorder.record(occurrence('fatal', 'quiet'))
    await clock.advance(0)
    assert.equal(server.calls.length, 11)
    assert.ok(server.texts.includes('fatal x1'))
    assert.equal(recorder.pending, 1)
    await clock.advance(60_000)
    assert.ok(server.texts.includes('(combined from similar events) line 499 x490'), String(server.texts))
    assert.equal(recorder.pending, 0)
    assert.equal(recorder.dropped, 0)
  })

  it('that says the same again and again costs a write a minute and loses no count', async () => {
    const { server, clock, recorder } = setUp()
    for (let second = 0; second < 600; second++) {
      recorder.record(occurrence('a'))
      await clock.advance(1_000)
    }
    await clock.advance(60_000)
    assert.deepEqual(server.texts, ['a x600'])
    assert.ok(server.calls.length <= 22, String(server.calls.length))
  })
})

describe('while the API server is away', () => {
  it('everything waits, is counted together, and is written soon after it is back', async () => {
    const { server, clock, recorder } = setUp()
    server.trouble = { code: 'NM_KUBE_NETWORK', when: 'before' }
    for (let second = 0; second < 3_600; second++) {
      recorder.record(occurrence('a', 'a'))
      recorder.record(occurrence('b', 'b'))
      if (second % 10 === 0) await clock.advance(10_000)
    }
    assert.equal(server.stored.size, 0)
    assert.equal(recorder.pending, 2)
    assert.ok(server.calls.length < 200, String(server.calls.length))
    server.trouble = undefined
    await clock.advance(30_000)
    assert.deepEqual(server.texts.sort(), ['a x3600', 'b x3600'])
  })

  it('a lost answer does not make two Events of one', async () => {
    const { server, clock, recorder } = setUp()
    server.trouble = { code: 'NM_KUBE_TIMEOUT', when: 'after' }
    recorder.record(occurrence('a'))
    await clock.advance(0)
    recorder.record(occurrence('a'))
    server.trouble = undefined
    await clock.advance(30_000)
    assert.deepEqual(server.texts, ['a x2'])
  })

  it('memory is bounded: the oldest that repeat are folded first, and what is dropped is counted', async () => {
    const { server, clock, recorder } = setUp()
    server.trouble = { code: 'NM_KUBE_UNAVAILABLE', when: 'before' }
    for (let key = 0; key < 200; key++) {
      for (let line = 0; line < 10; line++) recorder.record(occurrence(`${key} line ${line}`, `rule ${key}`))
    }
    assert.equal(recorder.dropped, 0)
    assert.ok(recorder.pending <= 1_001)
    for (let key = 0; key < 1_000; key++) recorder.record(occurrence(`x ${key}`, `other ${key}`))
    assert.ok(recorder.pending <= 1_001)
    assert.ok(recorder.dropped > 0)
    server.trouble = undefined
    await clock.advance(200_000)
    const written = [...server.stored.values()].reduce((sum, event) => sum + event.count, 0)
    assert.equal(written + recorder.dropped, 3_000)
  })

  it('a refusal is tried five times, and does not hold up the others', async () => {
    const { server, clock, recorder } = setUp()
    server.trouble = { code: 'NM_KUBE_FORBIDDEN', when: 'before' }
    recorder.record(occurrence('a'))
    await clock.advance(120_000)
    assert.equal(server.calls.length, 5)
    assert.deepEqual([recorder.pending, recorder.dropped, clock.waiting], [0, 1, 0])
  })

  it('flush tries now, and stop leaves nothing behind', async () => {
    const { server, clock, recorder } = setUp()
    server.trouble = { code: 'NM_KUBE_NETWORK', when: 'before' }
    recorder.record(occurrence('a'))
    await clock.advance(0)
    server.trouble = undefined
    await recorder.flush()
    assert.deepEqual(server.texts, ['a x1'])
    server.trouble = { code: 'NM_KUBE_NETWORK', when: 'before' }
    recorder.record(occurrence('b'))
    await recorder.flush()
    recorder.stop()
    recorder.record(occurrence('c'))
    assert.deepEqual([recorder.pending, recorder.dropped, clock.waiting], [0, 1, 0])
  })
})

it('no occurrence is lost or doubled, whatever the network does', async () => {
  const trouble = fc.constantFrom(undefined, 'before' as const, 'after' as const)
  const step = fc.record({
    trouble,
    message: fc.constantFrom('a', 'b', 'c'),
    key: fc.constantFrom('k', 'l'),
    waitMs: fc.nat(5_000),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { server, clock, recorder } = setUp()
      for (const { trouble: when, message, key, waitMs } of steps) {
        server.trouble = when && { code: 'NM_KUBE_NETWORK', when }
        recorder.record(occurrence(message, key))
        await clock.advance(waitMs)
      }
      server.trouble = undefined
      await clock.advance(600_000)
      const written = [...server.stored.values()].reduce((sum, event) => sum + event.count, 0)
      assert.equal(written, steps.length)
      assert.deepEqual([recorder.pending, recorder.dropped, clock.waiting], [0, 0, 0])
    }),
    { numRuns: 60 },
  )
})
