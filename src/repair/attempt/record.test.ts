import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decide } from '../decide/decide.ts'
import {
  givenCondition,
  givenNode,
  givenPolicy,
  givenSighting,
  givenSnapshot,
  hour,
  minute,
  noon,
} from '../testing/given.ts'
import { admitted } from './admit.ts'
import { attemptName } from './name.ts'
import { type NodeRepairObject, readAttempt, specOf, statusOf } from './record.ts'
import { outdated } from './retention.ts'

const node = givenNode('worker-1', { labels: { 'karpenter.sh/nodepool': 'gpu' } }, givenCondition('KernelReady'))

test('an attempt survives the way through its object', () => {
  const record = givenSighting(node, noon)
  const snapshot = givenSnapshot({ nodes: [node, givenNode('spare')] })
  const [decision] = decide(snapshot, [givenPolicy()], [record], noon + 5 * minute)
  assert.ok(decision)
  const target = { kind: 'NodeClaim', name: 'claim-1', uid: 'claim-uid' }
  const attempt = {
    ...admitted(record, decision, givenPolicy(), 'Replace', 'karpenter', target),
    providerId: 'kwok://worker-1',
    approvedBy: 'kim',
    guarded: true,
    deletedAt: noon + 4000,
    taintedAt: noon + 1,
    drain: {
      startedAt: noon,
      deadline: noon + 15 * minute,
      evicted: 3,
      remaining: 1,
      blockedSince: noon + 2,
      blockers: [{ pod: 'shop/web', kind: 'budget' as const, reason: 'budget', budgets: ['web'] }],
      leftBehind: ['kube-system/proxy: belongs to a DaemonSet'],
    },
    call: { at: noon + 5, bootId: 'boot-1' },
    successor: { name: 'worker-9', uid: 'uid-9', since: noon + 6 },
    healthySince: noon + 3,
    proof: 'ready',
    holder: 'controller-a',
    fencingToken: 7,
  }
  const object: NodeRepairObject = {
    metadata: {
      name: attempt.name,
      resourceVersion: attempt.resourceVersion,
      creationTimestamp: new Date(attempt.createdAt).toISOString(),
      annotations: { 'nodemend.dev/approved': 'kim' },
      finalizers: ['example.com/other', 'nodemend.dev/repair'],
      deletionTimestamp: new Date(noon + 4000).toISOString(),
    },
    spec: specOf(attempt),
    status: statusOf(attempt),
  }
  assert.deepEqual(readAttempt(JSON.parse(JSON.stringify(object))), attempt)
})

test('the words of a provider or of an annotation fit into the record, however long they are', () => {
  const endless = 'and '.repeat(10_000)
  const sick = { ...node, annotations: { 'nodemend.dev/veto': endless } }
  const snapshot = givenSnapshot({ nodes: [sick, givenNode('spare')] })
  const [decision] = decide(snapshot, [givenPolicy()], [givenSighting(sick, noon)], noon + hour)
  assert.ok(decision)
  const target = { kind: 'NodeClaim', name: endless, uid: 'claim-uid' } // its name is in the words of the admission
  const { plan: _, ...attempt } = admitted(
    givenSighting(sick, noon),
    decision,
    givenPolicy(),
    'Replace',
    'karpenter',
    target,
  )
  const said = { ...attempt, proof: endless }
  const read = readAttempt({ metadata: { name: 'a' }, spec: specOf(said), status: statusOf(said) } as NodeRepairObject)
  assert.match(read?.proof ?? '', /^and and .*…$/)
  assert.match(read?.decision?.gates.find((one) => one.gate === 'veto')?.why ?? '', /^annotation .*…$/)
})

test('an object that is not a record is not guessed at; one without status is a Pending one', () => {
  assert.equal(readAttempt({ metadata: { name: 'x' } }), undefined)
  const bare = { metadata: { name: 'x' }, spec: { nodeName: 'a', nodeUID: 'u', attempt: 1 } }
  assert.equal(readAttempt(bare)?.phase, 'Pending')
})

test('names are deterministic, fit a label value, and differ by node object and number', () => {
  const long = 'ip-10-0-1-23.ap-northeast-2.compute.internal.example.com'
  const name = attemptName(long, '6C1E0B7A-9d5c-4b52', 12)
  assert.ok(name.length <= 63)
  assert.match(name, /^[a-z0-9]([-a-z0-9.]*[a-z0-9])$/)
  assert.equal(name, attemptName(long, '6C1E0B7A-9d5c-4b52', 12))
  assert.notEqual(name, attemptName(long, '7d1e0b7a-9d5c-4b52', 12))
  assert.equal(attemptName('worker-1', 'abcdef0123', 1), 'worker-1-abcdef01-1')
})

test('old finished records go, the last three of a node and everything open stay', () => {
  const ended = (number: number, ageHours: number) =>
    givenSighting(node, noon, {
      name: `r${number}`,
      phase: 'Failed',
      phases: [{ phase: 'Failed', at: noon - ageHours * hour, why: '' }],
    })
  const records = [ended(1, 400), ended(2, 300), ended(3, 200), ended(4, 100), ended(5, 1), givenSighting(node, noon)]
  assert.deepEqual(
    outdated(records, new Set([node.name]), noon).map((one) => one.name),
    ['r2', 'r1'],
  )
  assert.deepEqual(outdated(records.slice(0, 3), new Set([node.name]), noon), [])
})
