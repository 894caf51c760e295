/** When a machine counts as the successor, and when none is needed: each property fails when its constant is loosened. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Api, Call } from '../kube/api.ts'
import { KubeError } from '../kube/errors.ts'
import { SteppedClock } from '../telemetry/clock.ts'
import { karpenter } from './karpenter/provider.ts'
import type { Operation } from './provider.ts'
import { newcomersIn } from './successor.ts'

const noon = Date.parse('2026-03-01T12:00:00Z')
const operation: Operation = {
  id: 'old-1',
  action: 'Replace',
  nodeName: 'old',
  nodeUid: 'uid-old',
  nodeLabels: { 'karpenter.sh/nodepool': 'gpu' },
  target: { kind: 'NodeClaim', name: 'claim-old', uid: 'claim-uid' },
  committedAt: noon,
  displacingSince: noon,
  taken: new Set(),
}

test('a machine that is more than two seconds older than the displacement is no successor', () => {
  fc.assert(
    fc.property(fc.integer({ min: -10_000, max: 10_000 }), (ageMs) => {
      const node = { name: 'new', uid: 'uid-new' }
      const found = newcomersIn(operation, [{ createdAt: noon + ageMs, node }])
      assert.equal(found.length, ageMs >= -2_000 ? 1 : 0)
    }),
  )
})

/** An API server that has nothing any more: no claim, no node, no pod that waits. */
const empty: Api = {
  server: 'test',
  close: () => undefined,
  stream: () => {
    throw new Error('nothing is watched here')
  },
  async request<T>({ verb }: Call): Promise<T> {
    if (verb === 'list') return { items: [] } as T // of anything
    throw new KubeError('NM_KUBE_NOT_FOUND', 'gone', { call: verb, status: 404 })
  },
}

test('Karpenter has two minutes to start a machine before none counts as needed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 300 }), async (seconds) => {
      const clock = new SteppedClock(noon)
      await clock.advance(seconds * 1_000)
      const view = await karpenter.make({ api: empty, clock }).look(operation)
      assert.equal(view.state === 'gone' && view.successor.kind, seconds >= 120 ? 'not-needed' : 'awaited')
    }),
  )
})
