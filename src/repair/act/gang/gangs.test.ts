/** Whose pods count as one unit, and on which nodes a drain may interrupt them. In a whole cluster: fixtures/scenarios/gangs.yaml. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Api, Call, KubeObject } from '../../../kube/api.ts'
import { KubeError } from '../../../kube/errors.ts'
import type { DecisionRecord } from '../../../model/decision.ts'
import { gates } from '../../decide/gates.ts'
import { givenAttempt, givenCondition, givenNode, givenSnapshot, noon } from '../../testing/given.ts'
import { readPod } from '../drain/pod.ts'
import { Gangs } from './gangs.ts'
import { gangKinds, gangOf, gangText } from './kinds.ts'
import { gangPeers, strayMarks } from './peers.ts'

const podObject = (name: string, node: string, marks: object = {}, spec: object = {}): KubeObject => ({
  metadata: { name, namespace: 'ml', uid: `uid-${name}`, ...marks },
  ...{ spec: { nodeName: node, ...spec } },
})

describe('the gang of a pod', () => {
  test('is told by every row of the table', () => {
    for (const { name, on, key } of gangKinds) {
      const marks = on === 'label' ? { labels: { [key]: 'train' } } : { annotations: { [key]: 'train' } }
      const object =
        on === 'scheduling-group'
          ? podObject('p', 'a', {}, { schedulingGroup: { podGroupName: 'train' } })
          : podObject('p', 'a', marks)
      const gang = gangOf(readPod(object))
      assert.equal(gang && gangText(gang), `${name} ml/train`)
    }
  })

  test('is what restarts the pods before what schedules them', () => {
    const labels = { 'kueue.x-k8s.io/pod-group-name': 'queue', 'jobset.sigs.k8s.io/jobset-name': 'train' }
    const gang = gangOf(readPod(podObject('p', 'a', { labels })))
    assert.equal(gang && gangText(gang), 'JobSet ml/train')
  })

  test('is none where the pod names none', () => {
    assert.equal(gangOf(readPod(podObject('p', 'a', { labels: { app: 'web' } }))), undefined)
  })
})

describe('a PodGroup', () => {
  const attempt = givenAttempt(givenNode('a'), { taintedAt: noon })
  const group = { schedulingGroup: { podGroupName: 'train' } }
  const peers = [{ name: 'b', uid: 'uid-b', state: 'waits', marked: true, objection: async () => undefined }] as const
  const gathered = async (answer: () => unknown) => {
    const calls: string[] = []
    const api: Api = {
      server: 'test',
      close: () => undefined,
      stream: () => {
        throw new Error('nothing is watched here')
      },
      async request<T>({ verb, resource }: Call): Promise<T> {
        calls.push(`${verb} ${resource.plural}`)
        return (verb === 'get' ? answer() : { items: [podObject('p1', 'b', {}, group)] }) as T // of the kind asked for
      },
    }
    const listed = [readPod(podObject('p0', 'a', {}, group))]
    return { ...(await new Gangs(api).gather(attempt, listed, peers, noon)), calls }
  }

  test('that is disrupted as a whole is a gang', async () => {
    const { members, notes } = await gathered(() => ({ spec: { disruptionMode: { all: {} } } }))
    assert.deepEqual(
      members.map(({ name }) => name),
      ['p1'],
    )
    assert.match(notes[0] ?? '', /PodGroup ml\/train is interrupted once for nodes a, b/)
  })

  for (const [title, answer] of [
    ['whose pods are disrupted one by one', () => ({ spec: { disruptionMode: { single: {} } } })],
    ['that says nothing', () => ({ spec: {} })],
    [
      'that may not be read',
      () => {
        throw new KubeError('NM_KUBE_FORBIDDEN', 'no', { call: 'get', status: 403 })
      },
    ],
  ] as const) {
    test(`${title} is none`, async () => {
      const { members, calls } = await gathered(answer)
      assert.deepEqual(members, [])
      assert.deepEqual(calls, ['get podgroups'])
    })
  }
})

describe('the nodes on which a drain may interrupt a gang', () => {
  const node = givenNode('b', {}, givenCondition('KernelReady'))
  const mine = givenAttempt(givenNode('a'))
  const answers = fc.constantFrom('allow', 'wait', 'refuse')
  const outcome = fc.constantFrom('act', 'would-act', 'wait', 'refuse', 'no-action', 'cleared')
  const said = fc.array(answers, { minLength: gates.length, maxLength: gates.length })

  test('wait for their turn and for nothing else', () => {
    fc.assert(
      fc.property(said, outcome, fc.boolean(), (all, result, pacing) => {
        const records = gates.map(({ name }, index) => {
          const answer = pacing && name !== 'budget' ? 'allow' : (all[index] ?? 'refuse')
          return { gate: name, answer, why: '' }
        })
        const decision = { at: noon, outcome: result, gates: records } as DecisionRecord // of these words
        const record = givenAttempt(node, { decision })
        const peers = gangPeers(mine, givenSnapshot({ nodes: [node] }), [record], async () => undefined)
        const allowed = records.every(
          ({ gate, answer }) => answer === 'allow' || (answer === 'wait' && ['budget', 'breaker'].includes(gate)),
        )
        assert.equal(peers.length === 1, allowed && result === 'wait')
      }),
    )
  })

  test('are none that are not ready, and never the drained one itself', () => {
    const decision = {
      at: noon,
      outcome: 'wait',
      gates: [{ gate: 'budget', answer: 'wait', why: '' }],
    } as DecisionRecord
    const silent = givenNode('c', { conditions: [givenCondition('Ready', 'Unknown')] })
    const records = [node, silent].map((one) => givenAttempt(one, { decision }))
    const peers = gangPeers(
      givenAttempt(node),
      givenSnapshot({ nodes: [node, silent] }),
      records,
      async () => undefined,
    )
    assert.deepEqual(peers, [])
  })

  test('lose the mark when their repair no longer waits', () => {
    const marked = { ...node, taints: [{ key: 'nodemend.dev/gang-interrupted', value: 'a-1', effect: 'NoSchedule' }] }
    const waits = { at: noon, outcome: 'wait', gates: [{ gate: 'budget', answer: 'wait', why: '' }] } as DecisionRecord
    const refused = { ...waits, gates: [{ gate: 'veto', answer: 'refuse', why: '' }] } as DecisionRecord
    const left = (attempts: Parameters<typeof strayMarks>[1]) => strayMarks([marked], attempts).length
    assert.equal(left([givenAttempt(marked, { decision: waits })]), 0)
    assert.equal(left([givenAttempt(marked, { phase: 'Draining' })]), 0)
    assert.equal(left([givenAttempt(marked, { decision: refused })]), 1)
    assert.equal(left([givenAttempt(marked, { phase: 'Cancelled' })]), 1)
    assert.equal(left([]), 1)
  })
})
