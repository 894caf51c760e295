/** The runner on the embedded API server: what it does around the facts, and that it always ends what it began. */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { startEmbedded } from '../../embedded/server.ts'
import { type Api, events, type KubeObject, nodes } from '../../kube/api.ts'
import { connectTo } from '../../kube/connect.ts'
import { createObject } from '../../kube/objects.ts'
import { seededRandom, systemClock } from '../../telemetry/clock.ts'
import type { Drill } from '../plan/drill.ts'
import type { Subject } from '../plan/subjects.ts'
import type { Injector } from './injector.ts'
import { type RunParts, runTurn, turnsOf } from './run.ts'

const subject: Subject = {
  entry: 'SoftLockup',
  reason: 'SoftLockup',
  summary: '-',
  condition: 'KernelReady',
  severity: 'warning',
  scope: 'hardware',
  injection: 'kernel-line',
  line: 'BUG: soft lockup - CPU#1 stuck for 23s!',
  times: 1,
}
const drill = (id: string, over: Partial<Subject> = {}, mode: Drill['mode'] = 'Observe'): Drill => ({
  id,
  node: 'worker-1',
  mode,
  forMs: 10_000,
  subject: { ...subject, ...over },
})

type Body = KubeObject & Readonly<Record<string, unknown>>

/** A cluster with one node, and an injector whose lines an agent tells as Events at once. */
async function given(t: TestContext, inject?: (tell: () => Promise<void>) => Promise<void>) {
  const server = await startEmbedded({ clock: systemClock, random: seededRandom(1) })
  const api = connectTo(
    { server: server.url, token: () => server.token },
    { clock: systemClock, random: seededRandom(2) },
  )
  t.after(async () => {
    api.close()
    await server.stop()
  })
  await createObject<Body>(api, nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'worker-1' } })
  const removed: string[] = []
  const injector: Injector = {
    async inject(drills) {
      const tell = async (): Promise<void> => {
        for (const one of drills) await tellFinding(api, one)
      }
      await (inject ? inject(tell) : tell())
    },
    async remove(drills) {
      removed.push(...drills.map(({ id }) => id))
    },
  }
  const stop = new AbortController()
  const around = {
    api,
    injector,
    clock: systemClock,
    random: seededRandom(3),
    signal: stop.signal,
    repairs: false,
    hold: false,
  }
  const parts: RunParts = { ...around, asked: () => ({ decision: false }), onFacts: () => undefined }
  return { parts, removed, stop }
}

async function tellFinding(api: Api, { id, mode, subject: { reason, condition } }: Drill): Promise<void> {
  const stamp = new Date(systemClock.now()).toISOString().replace(/\.\d+Z$/, 'Z')
  await createObject<Body>(api, events, {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `event-${id}`, namespace: 'default' },
    involvedObject: { apiVersion: 'v1', kind: 'Node', name: 'worker-1', uid: 'worker-1' },
    type: 'Warning',
    reason: condition,
    message: `${reason}: CPU 1 stuck (injected by drill ${id}, ${mode})`,
    lastTimestamp: stamp,
    source: { component: 'nodemend-agent' },
  })
}

describe('a turn of drills', () => {
  it('is over as soon as everything is seen, and ends what it injected', async (t) => {
    const { parts, removed } = await given(t)
    const results = await runTurn([drill('a'), drill('b')], parts)
    assert.deepEqual(
      results.map(({ id, passed }) => [id, passed]),
      [
        ['a', true],
        ['b', true],
      ],
    )
    assert.deepEqual(removed, ['a', 'b'])
  })

  it('scores what could not be injected, and cleans up all the same', async (t) => {
    const { parts, removed } = await given(t, async () => {
      throw new Error('the Job was refused')
    })
    const [result] = await runTurn([drill('a')], parts)
    assert.deepEqual([result?.passed, result?.stages[0]?.what, removed], [false, 'the Job was refused', ['a']])
  })

  it('ends what it injected when the terminal goes away in the middle', async (t) => {
    const world = await given(t, async () => world.stop.abort(new Error('Ctrl-C')))
    await assert.rejects(runTurn([drill('a')], world.parts), /Ctrl-C/)
    assert.deepEqual(world.removed, ['a'])
  })

  it('says that something is left where the end of it is refused', async (t) => {
    const { parts } = await given(t)
    const stuck = { ...parts.injector, remove: () => Promise.reject(new Error('the pod does not end')) }
    const short = { ...parts, injector: stuck, clock: hurried }
    const [result] = await runTurn([drill('a')], short)
    assert.deepEqual(result?.stages.at(-1), {
      stage: 'cleaned',
      verdict: 'failed',
      what: 'not seen: the pod does not end',
    })
  })
})

/** A clock whose timers are a hundred times faster. */
const hurried = {
  ...systemClock,
  monotonic: () => systemClock.monotonic() * 100,
  after: (ms: number, run: () => void) => systemClock.after(ms / 100, run),
}

describe('turns', () => {
  it('put marked lines that condemn nothing beside each other, and everything else by itself', () => {
    const fatal = { severity: 'fatal' } as const
    const { line: _line, ...real } = subject
    const all = [
      drill('a'),
      drill('b', fatal),
      drill('c', fatal, 'Decide'),
      drill('d', {}, 'Decide'),
      { ...drill('e'), subject: { ...real, injection: 'memory-pressure' } },
    ]
    assert.deepEqual(
      turnsOf(all).map((turn) => turn.map(({ id }) => id)),
      [['a', 'b', 'd'], ['c'], ['e']],
    )
  })

  it('have no more drills than the agent tells at once', () => {
    const all = Array.from({ length: 60 }, (_, index) => drill(`d${index}`))
    assert.deepEqual(
      turnsOf(all).map(({ length }) => length),
      [24, 24, 12],
    )
  })
})
