/** Kind 8: marks of others, hard and soft, fresh, old and forgotten. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nodes } from '../kube/api.ts'
import { patchObject } from '../kube/objects.ts'
import { decide } from './decide/decide.ts'
import { type ForeignMark, foreignMarks } from './decide/foreign-marks.ts'
import { SeenNodes } from './observe/seen.ts'
import { givenCondition, givenNode, givenPolicy, givenSighting, givenSnapshot, hour, noon } from './testing/given.ts'
import { type Context, givenBudget, givenCluster, givenPod, phaseOf } from './testing/given-cluster.ts'
import { whyOf } from './testing/given-workload.ts'
import { quickPolicy, type TestCluster } from './testing/test-cluster.ts'

const now = noon + hour

/** A value that makes the mark count, set long ago where it can say so. */
const markedValue = ({ is, stamped }: ForeignMark): string => is?.[0] ?? (stamped ? '2026-01-01T00:00:00Z' : 'now')

/** What the gate says about a sick node that carries the mark, read as a watch delivers it. */
function answerTo(mark: ForeignMark, value = markedValue(mark)) {
  const { on, key } = mark
  const name = key.endsWith('/') ? `${key}any` : key
  const stamp = '2026-02-01T00:00:00Z'
  const base = givenNode('a')
  const sick = {
    type: 'KernelReady',
    status: 'False' as const,
    reason: 'x',
    lastHeartbeatTime: new Date(now).toISOString(),
  }
  const ready = { type: 'Ready', status: 'True' as const }
  const own = { type: key, status: 'True' as const, lastTransitionTime: stamp }
  const { view } = new SeenNodes().see(
    {
      metadata: {
        name: 'a',
        uid: base.uid,
        annotations: on === 'annotation' ? { [name]: value } : {},
        labels: on === 'label' ? { [name]: value } : {},
      },
      spec: { taints: on === 'taint' ? [{ key: name, value, effect: 'NoSchedule' }] : [] },
      status: { conditions: on === 'condition' ? [ready, sick, own] : [ready, sick] },
    },
    base.pools,
    now,
  )
  const snapshot = givenSnapshot({ nodes: [view, givenNode('spare')] })
  const record = givenSighting(givenNode('a', {}, givenCondition('KernelReady')), noon)
  const [decision] = decide(snapshot, [givenPolicy()], [record], now)
  return decision?.gates.find((one) => one.gate === 'foreign-owner')
}

describe('kind 8: every mark of the table', () => {
  for (const mark of foreignMarks) {
    const { on, key, weight, says } = mark
    test(`${on} ${key} (${mark.is?.[0] ?? 'any value'}): ${weight}`, () => {
      const gate = answerTo(mark)
      assert.equal(gate?.answer, weight === 'hard' ? 'refuse' : 'allow')
      assert.ok(gate?.why.includes(says) && gate.why.includes(on), gate?.why)
    })
  }

  test('a value that says that nobody acts does not count', () => {
    for (const [key, value] of [
      ['nvidia.com/gpu-driver-upgrade-state', 'upgrade-done'],
      ['nvidia.com/mig.config.state', 'success'],
      ['machineconfiguration.openshift.io/state', 'Done'],
      ['sriovnetwork.openshift.io/state', 'Idle'],
      ['node.machine.sapcloud.io/preserve', 'false'],
      ['cloud.google.com/active-node-maintenance', 'NONE'],
    ] as const) {
      const mark = foreignMarks.find((one) => one.key === key && one.weight === 'hard')
      assert.ok(mark, key)
      assert.equal(answerTo(mark, value)?.why, 'nobody else acts on the node', key)
    }
  })

  test('each has a source, and keys are not told twice', () => {
    for (const { source } of foreignMarks) assert.match(source, /^https:\/\//)
    const told = foreignMarks.flatMap(({ on, key, is = ['*'] }) => is.map((value) => `${on} ${key} ${value}`))
    assert.equal(new Set(told).size, told.length)
  })
})

describe('kind 8: age', () => {
  const markOn = (key: string) => foreignMarks.find((one) => one.key === key) as ForeignMark // in the table
  const seconds = (ms: number) => `${Math.floor(ms / 1000)}`

  test('a forgotten hard mark still refuses, and says for how long it has been there', () => {
    const gate = answerTo(markOn('weave.works/kured-reboot-in-progress'), '2026-02-27T13:00:00Z')
    assert.equal(gate?.answer, 'refuse')
    assert.match(gate?.why ?? '', /since 2026-02-27T13:00:00\.000Z, for 48 h, perhaps forgotten/)
  })

  test('a fresh hard mark says since when, and nothing of forgetting', () => {
    const gate = answerTo(markOn('ToBeDeletedByClusterAutoscaler'), seconds(now - 60_000))
    assert.match(gate?.why ?? '', /since 2026-03-01T12:59:00\.000Z\)$/)
  })

  test('a fresh soft mark is waited for, and the wait has an end', () => {
    const gate = answerTo(markOn('DeletionCandidateOfClusterAutoscaler'), seconds(now - 60_000))
    assert.equal(gate?.answer, 'wait')
    assert.match(gate?.why ?? '', /waited for until 2026-03-01T13:19:00\.000Z/)
  })

  test('an old soft mark is told and no more', () => {
    const gate = answerTo(markOn('DeletionCandidateOfClusterAutoscaler'), seconds(now - 30 * 60_000))
    assert.equal(gate?.answer, 'allow')
    assert.match(gate?.why ?? '', /the cluster autoscaler may remove it \(taint DeletionCandidate\S+ since/)
  })

  test('a soft mark of the future is told and no more', () => {
    const gate = answerTo(markOn('DeletionCandidateOfClusterAutoscaler'), seconds(now + 3_600_000))
    assert.equal(gate?.answer, 'allow')
  })
})

describe('kind 8: marks that come in mid-drain', () => {
  const long = { ...quickPolicy, drain: { timeout: '1h', blockedAfter: '30m' } }
  const draining = async (t: Context) => {
    const { cluster, first } = await givenCluster(t, long)
    await givenPod(cluster, first, 'web', { labels: { app: 'web' } })
    await givenBudget(cluster, 'web', { app: 'web' })
    await cluster.run(3)
    const half = await cluster.half('a')
    await cluster.setCondition(first, 'KernelReady', 'False')
    await cluster.until('it drains', 30, [half], phaseOf(cluster, first, 'Draining'))
    return { cluster, first, half }
  }
  const addTaint = async (cluster: TestCluster, name: string, key: string, value: string) => {
    const node = (await cluster.nodes()).find((one) => one.metadata.name === name)
    const taints = [...(node?.spec?.taints ?? []), { key, value, effect: 'PreferNoSchedule' }]
    await patchObject(cluster.api, nodes, { name }, { spec: { taints } }, { type: 'merge' })
  }

  test('the autoscaler’s candidate mark, which our own emptying draws, does not end our repair', async (t) => {
    const { cluster, first, half } = await draining(t)
    await addTaint(cluster, first, 'DeletionCandidateOfClusterAutoscaler', `${Math.floor(cluster.clock.now() / 1000)}`)
    await cluster.run(20, half)
    assert.equal((await cluster.repairs())[0]?.phase, 'Draining')
  })

  test('the autoscaler’s removal does', async (t) => {
    const { cluster, first, half } = await draining(t)
    await addTaint(cluster, first, 'ToBeDeletedByClusterAutoscaler', `${Math.floor(cluster.clock.now() / 1000)}`)
    const cancelled = await cluster.until('it is cancelled', 30, [half], phaseOf(cluster, first, 'Cancelled'))
    assert.match(whyOf(cancelled), /the cluster autoscaler is removing it/)
  })

  test('a driver upgrade that begins does', async (t) => {
    const { cluster, first, half } = await draining(t)
    const labels = { 'nvidia.com/gpu-driver-upgrade-state': 'drain-required' }
    await patchObject(cluster.api, nodes, { name: first }, { metadata: { labels } }, { type: 'merge' })
    const cancelled = await cluster.until('it is cancelled', 30, [half], phaseOf(cluster, first, 'Cancelled'))
    assert.match(whyOf(cancelled), /the GPU Operator is upgrading its driver/)
  })
})
