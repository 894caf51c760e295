import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SteppedClock, seededRandom } from '../telemetry/clock.ts'
import { type Api, type Call, nodes, pods } from './api.ts'
import { KubeError, type KubeErrorCode, type KubeErrorDetail } from './errors.ts'
import { retrying } from './retrying.ts'
import { rejected } from './scripted-server.ts'

/** Answers with `outcomes` in order: an error is thrown, `'ok'` is the answer; then `'ok'` for ever. */
function scripted(...outcomes: (KubeError | 'ok')[]): { api: Api; clock: SteppedClock; times: number[] } {
  const clock = new SteppedClock()
  const times: number[] = []
  const inner: Api = {
    server: 'fake',
    close: () => undefined,
    stream: () => assert.fail('no stream is asked for'),
    async request<T>(): Promise<T> {
      times.push(clock.monotonic())
      const next = outcomes.shift() ?? 'ok'
      if (next !== 'ok') throw next
      return next as T // the calls of this test ask for this word
    },
  }
  return { api: retrying(inner, { clock, random: seededRandom(3) }), clock, times }
}

function broken(code: KubeErrorCode, detail: Partial<KubeErrorDetail> = {}): KubeError {
  return new KubeError(code, code, { call: 'test', ...detail })
}

const get: Call = { verb: 'get', resource: nodes, name: 'x' }
const create: Call = { verb: 'create', resource: nodes, body: {} }
const evict: Call = { verb: 'evict', resource: pods, namespace: 'a', name: 'x', subresource: 'eviction' }

describe('retrying', () => {
  it('repeats an idempotent call after a breakage, with a growing wait', async () => {
    const { api, clock, times } = scripted(...Array.from({ length: 4 }, () => broken('NM_KUBE_NETWORK')))
    const answer = api.request(get)
    await clock.advance(30_000)
    assert.equal(await answer, 'ok')
    const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    assert.ok(
      waits.every((wait, index) => wait >= 125 * 2 ** index && wait <= 250 * 2 ** index),
      String(waits),
    )
  })

  it('gives up after its tries with the last error', async () => {
    const { api, clock, times } = scripted(...Array.from({ length: 9 }, () => broken('NM_KUBE_UNAVAILABLE')))
    const answer = rejected(api.request(get))
    await clock.advance(60_000)
    assert.equal((await answer).code, 'NM_KUBE_UNAVAILABLE')
    assert.equal(times.length, 5)
  })

  it('waits as long as the server asks, but not beyond its own limit', async () => {
    const { api, clock, times } = scripted(broken('NM_KUBE_THROTTLED', { retryAfterMs: 7_000 }))
    const answer = api.request(create)
    await clock.advance(10_600)
    assert.equal(await answer, 'ok')
    assert.ok((times[1] ?? 0) >= 7_000)
    const long = scripted(broken('NM_KUBE_THROTTLED', { retryAfterMs: 60_000 }))
    assert.equal((await rejected(long.api.request(get))).code, 'NM_KUBE_THROTTLED')
  })

  const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
  const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET' })
  const cases: readonly [string, Call, KubeError, number][] = [
    [
      'a create whose connection was cut: it may have been stored',
      create,
      broken('NM_KUBE_NETWORK', { cause: reset }),
      1,
    ],
    ['a create that was never sent', create, broken('NM_KUBE_NETWORK', { cause: refused }), 2],
    ['a create that timed out', create, broken('NM_KUBE_TIMEOUT'), 1],
    [
      'a JSON patch',
      { ...get, verb: 'patch', contentType: 'application/json-patch+json' },
      broken('NM_KUBE_NETWORK'),
      1,
    ],
    [
      'a merge patch',
      { ...get, verb: 'patch', contentType: 'application/merge-patch+json' },
      broken('NM_KUBE_NETWORK'),
      2,
    ],
    ['a refusal', get, broken('NM_KUBE_FORBIDDEN'), 1],
    [
      'an eviction that a budget blocks',
      evict,
      broken('NM_KUBE_THROTTLED', { causes: [{ reason: 'DisruptionBudget' }] }),
      1,
    ],
    ['an eviction that is throttled', evict, broken('NM_KUBE_THROTTLED'), 2],
  ]
  for (const [name, call, error, tries] of cases) {
    it(`${tries === 1 ? 'does not repeat' : 'repeats'} ${name}`, async () => {
      const { api, clock, times } = scripted(error)
      const outcome = api.request(call).catch((cause: unknown) => cause)
      await clock.advance(10_000)
      assert.equal(await outcome, tries === 1 ? error : 'ok')
      assert.equal(times.length, tries)
    })
  }

  it('stops waiting when its caller gives up', async () => {
    const { api, clock, times } = scripted(broken('NM_KUBE_NETWORK'))
    const giveUp = new AbortController()
    const answer = rejected(api.request({ ...get, signal: giveUp.signal }))
    await clock.advance(10)
    giveUp.abort()
    assert.equal((await answer).code, 'NM_KUBE_NETWORK')
    assert.equal(times.length, 1)
    assert.equal(clock.waiting, 0)
  })
})
