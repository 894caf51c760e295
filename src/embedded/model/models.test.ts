import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SteppedClock, seededRandom } from '../../telemetry/clock.ts'
import type { Cluster } from '../cluster.ts'
import { deleteObject } from '../delete.ts'
import { evictPod } from '../evict.ts'
import { type ApiObject, at, listAt, numberAt, textAt, withAt } from '../json.ts'
import { builtinKind, storageKey } from '../kinds.ts'
import { newCluster } from '../server.ts'
import { createObject } from '../write.ts'
import { kubeletAnnotation } from './kubelet.ts'
import { startModels } from './models.ts'
import { addressOf } from './reconciler.ts'

const nodes = builtinKind('nodes')
const pods = builtinKind('pods')

interface ModelledCluster {
  readonly cluster: Cluster
  readonly clock: SteppedClock
  list(plural: string): readonly ApiObject[]
  [Symbol.dispose](): void
}

function modelledCluster(size = 3, seed = 7): ModelledCluster {
  const clock = new SteppedClock()
  const cluster = newCluster(clock, seededRandom(seed))
  const models = startModels(cluster, { groups: [{ name: 'demo', size, replaceMs: 5_000 }] })
  return {
    cluster,
    clock,
    list: (plural) => cluster.store.list(storageKey(builtinKind(plural))),
    [Symbol.dispose]: () => {
      models.stop()
      assert.equal(clock.waiting, 0, 'a model left a timer behind')
    },
  }
}

function deployment(cluster: Cluster, replicas: number): void {
  const labels = { app: 'web' }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'web:1' }] } }
  const spec = { replicas, selector: { matchLabels: labels }, template }
  createObject(cluster, builtinKind('deployments'), 'default', { metadata: { name: 'web' }, spec })
}

function budget(cluster: Cluster, minAvailable: number): void {
  const spec = { minAvailable, selector: { matchLabels: { app: 'web' } } }
  createObject(cluster, builtinKind('poddisruptionbudgets'), 'default', { metadata: { name: 'web' }, spec })
}

const readyPods = (all: readonly ApiObject[]): readonly ApiObject[] =>
  all.filter((pod) => listAt(pod, 'status', 'conditions').some((one) => one.type === 'Ready' && one.status === 'True'))

test('a node group brings ready nodes with leases, and a deployment gets its pods running', async () => {
  using it = modelledCluster()
  deployment(it.cluster, 5)
  await it.clock.advance(3_000)
  assert.equal(it.list('nodes').length, 3)
  for (const node of it.list('nodes')) {
    assert.match(node.metadata.name, /^demo-[a-z0-9]{5}$/)
    assert.match(textAt(node, 'spec', 'providerID'), /^embedded:\/\/demo\//)
    assert.deepEqual(at(node, 'spec', 'taints'), undefined, 'the not-ready taint is gone')
  }
  assert.equal(it.list('leases').length, 3)
  assert.equal(readyPods(it.list('pods')).length, 5)
  assert.equal(numberAt(it.list('deployments')[0], 'status', 'readyReplicas'), 5)
})

test('a deleted node takes its pods with it and is replaced after the delay by one with another boot id', async () => {
  using it = modelledCluster()
  deployment(it.cluster, 6)
  await it.clock.advance(3_000)
  const [lost] = it.list('nodes')
  assert.ok(lost)
  deleteObject(it.cluster, addressOf(nodes, lost))
  await it.clock.advance(4_900)
  assert.equal(it.list('nodes').length, 2)
  await it.clock.advance(200)
  const now = it.list('nodes')
  assert.equal(now.length, 3)
  const boots = new Set([...now, lost].map((node) => textAt(node, 'status', 'nodeInfo', 'bootID')))
  assert.equal(boots.size, 4)
  await it.clock.advance(3_000)
  const running = readyPods(it.list('pods'))
  assert.equal(running.length, 6)
  assert.ok(running.every((pod) => textAt(pod, 'spec', 'nodeName') !== lost.metadata.name))
})

test('a budget spends its disruptions, refuses with its cause, and recovers when the pod is replaced', async () => {
  using it = modelledCluster()
  deployment(it.cluster, 3)
  budget(it.cluster, 2)
  await it.clock.advance(4_000)
  assert.equal(numberAt(it.list('poddisruptionbudgets')[0], 'status', 'disruptionsAllowed'), 1)
  const [first, second] = it.list('pods')
  assert.ok(first && second)
  evictPod(it.cluster, addressOf(pods, first, 'eviction'), { metadata: { name: first.metadata.name } })
  assert.throws(
    () => evictPod(it.cluster, addressOf(pods, second, 'eviction'), { metadata: { name: second.metadata.name } }),
    (error: { code: number; details: { causes: readonly { reason: string; message: string }[] } }) => {
      assert.equal(error.code, 429)
      assert.equal(error.details.causes[0]?.reason, 'DisruptionBudget')
      return true
    },
  )
  await it.clock.advance(5_000)
  assert.equal(numberAt(it.list('poddisruptionbudgets')[0], 'status', 'disruptionsAllowed'), 1)
  assert.equal(readyPods(it.list('pods')).length, 3)
})

test('a silent node becomes Unknown and unreachable, and its pods are deleted when their toleration ends', async () => {
  using it = modelledCluster()
  deployment(it.cluster, 3)
  await it.clock.advance(3_000)
  const [node] = it.list('nodes')
  assert.ok(node)
  const annotations = { [kubeletAnnotation]: 'stopped' }
  it.cluster.store.put('nodes', { ...node, metadata: { ...node.metadata, annotations } })
  await it.clock.advance(60_000)
  const lost = it.cluster.store.get('nodes', `/${node.metadata.name}`)
  const ready = listAt(lost, 'status', 'conditions').find((one) => one.type === 'Ready')
  assert.equal(ready?.status, 'Unknown')
  const effects = listAt(lost, 'spec', 'taints').map((taint) => `${taint.key}:${taint.effect}`)
  assert.deepEqual(effects, ['node.kubernetes.io/unreachable:NoSchedule', 'node.kubernetes.io/unreachable:NoExecute'])
  await it.clock.advance(310_000)
  assert.equal(
    readyPods(it.list('pods')).filter((pod) => textAt(pod, 'spec', 'nodeName') !== node.metadata.name).length,
    3,
  )
})

test('the same seed repeats a run exactly', async () => {
  const run = async (): Promise<string> => {
    using it = modelledCluster(4, 11)
    deployment(it.cluster, 7)
    await it.clock.advance(20_000)
    return JSON.stringify([it.list('nodes'), it.list('pods'), it.list('leases')])
  }
  assert.equal(await run(), await run())
})

test('events go an hour after their last occurrence', async () => {
  using it = modelledCluster(1)
  const event = (name: string, lastTimestamp: string): void => {
    const involvedObject = { kind: 'Node', name: 'n' }
    createObject(it.cluster, builtinKind('events'), 'default', { metadata: { name }, involvedObject, lastTimestamp })
  }
  event('once', '2026-01-01T00:00:00Z')
  event('again', '2026-01-01T00:40:00Z')
  await it.clock.advance(3_700_000)
  assert.deepEqual(
    it.list('events').map((one) => one.metadata.name),
    ['again'],
  )
})

test('a workload whose template is refused stops nobody', async () => {
  using it = modelledCluster(1)
  deployment(it.cluster, 1)
  const [web] = it.list('deployments')
  assert.ok(web)
  const labels = { app: 'web', 'bad key!': 'x' }
  it.cluster.store.put('deployments.apps', withAt(web, ['spec', 'template', 'metadata', 'labels'], labels))
  await it.clock.advance(3_000)
  assert.equal(it.list('nodes').length, 1)
})
