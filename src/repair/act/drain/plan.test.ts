import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { DrainLimits } from '../../../model/policy.ts'
import { givenPolicy, minute, noon } from '../../testing/given.ts'
import { forcedGrace, graceOf, planDrain } from './plan.ts'
import { type DrainPod, type PodObject, podText, readPod } from './pod.ts'

const second = 1000
const { drain } = givenPolicy()

function pod(name: string, given: Partial<DrainPod> = {}): DrainPod {
  const rest = { mirror: false, finished: false, critical: false, graceSeconds: 30, annotations: {}, tolerations: [] }
  return { namespace: 'default', name, uid: `uid-${name}`, owner: 'ReplicaSet', ...rest, ...given }
}

/** The class each pod falls into, at noon. */
function classes(
  pods: readonly DrainPod[],
  given: Partial<Parameters<typeof planDrain>[0]> = {},
): Record<string, string> {
  const plan = planDrain({
    pods,
    attempt: 'a-1',
    startedAt: noon,
    nodeReady: true,
    nodeProtected: false,
    limits: drain,
    deadline: noon + 15 * minute,
    now: noon,
    machineGoes: true,
    back: new Set(),
    dueAgain: new Set(),
    named: new Set(pods.map(podText)),
    ...given,
  })
  const held = (all: typeof plan.left) => all.map((one) => one.pod)
  const groups = {
    evict: plan.evict,
    force: plan.force,
    wait: plan.wait,
    blocked: held(plan.blocked),
    ask: held(plan.ask),
    left: held(plan.left),
  }
  const found = Object.entries(groups).flatMap(([group, some]) => some.map((one) => [one.name, group] as const))
  assert.equal(found.length, pods.length, 'every pod is in exactly one class')
  return Object.fromEntries(found)
}

describe('selection', () => {
  test('who leaves and who stays', () => {
    const found = classes([
      pod('ordinary'),
      pod('unmanaged', { owner: 'none' }),
      pod('static', { mirror: true }),
      pod('done', { finished: true }),
      pod('daemon', { owner: 'DaemonSet' }),
      pod('everywhere', { tolerations: [{ operator: 'Exists' }] }),
      pod('ours', { tolerations: [{ key: 'nodemend.dev/repairing', operator: 'Exists', effect: 'NoSchedule' }] }),
      pod('cordon-only', { tolerations: [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }] }),
      pod('execute-only', { tolerations: [{ operator: 'Exists', effect: 'NoExecute' }] }),
    ])
    assert.deepEqual(found, {
      ordinary: 'evict',
      unmanaged: 'evict',
      static: 'left',
      done: 'left',
      daemon: 'left',
      everywhere: 'wait',
      ours: 'wait',
      'cordon-only': 'evict',
      'execute-only': 'evict',
    })
  })

  test('critical pods leave when no other pod is left to leave', () => {
    const dns = pod('dns', { critical: true })
    assert.deepEqual(classes([pod('web'), dns]), { web: 'evict', dns: 'wait' })
    assert.deepEqual(classes([pod('web', { deletedAt: noon }), dns]), { web: 'wait', dns: 'wait' })
    assert.deepEqual(classes([pod('web', { finished: true }), dns]), { web: 'left', dns: 'evict' })
  })

  test('a pod past its grace is stuck; on a silent node it no longer counts', () => {
    const late = pod('late', { deletedAt: noon - 61 * second })
    const soon = pod('soon', { deletedAt: noon - 59 * second })
    assert.deepEqual(classes([late, soon]), { late: 'blocked', soon: 'wait' })
    assert.deepEqual(classes([late, soon], { nodeReady: false }), { late: 'left', soon: 'wait' })
  })

  test('kind 9: on a node whose kubelet has been silent for long, a pod is waited for a minute, whatever its grace', () => {
    const told = (ago: number) => pod(`told-${ago}`, { graceSeconds: 3_600, deletedAt: noon + (3_600 - ago) * second })
    const silent = { nodeReady: false, kubeletSilent: true }
    assert.deepEqual(classes([told(61), told(59)], silent), { 'told-61': 'left', 'told-59': 'wait' })
    assert.deepEqual(classes([told(61)], { nodeReady: false }), { 'told-61': 'wait' })
    const limits = { ...drain, gracePeriodSeconds: 600 }
    const capped = pod('capped', { graceSeconds: 3_600, deletedAt: noon + 541 * second })
    assert.deepEqual(classes([capped], { ...silent, limits }), { capped: 'wait' })
  })

  test('protection by annotation, with a duration, unreadable, on the node', () => {
    const protect = (value: string, startedAt?: number) =>
      pod('p', { annotations: { 'karpenter.sh/do-not-disrupt': value }, ...(startedAt && { startedAt }) })
    assert.equal(classes([protect('true')]).p, 'blocked')
    assert.equal(classes([protect('30m', noon - 10 * minute)]).p, 'blocked')
    assert.equal(classes([protect('30m', noon - 31 * minute)]).p, 'evict')
    assert.equal(classes([protect('30m')]).p, 'blocked')
    assert.equal(classes([protect('banana')]).p, 'evict')
    const safe = pod('p', { annotations: { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false' } })
    assert.equal(classes([safe]).p, 'blocked')
    assert.equal(classes([pod('p')], { nodeProtected: true }).p, 'blocked')
  })
})

describe('deadlines', () => {
  const force: DrainLimits = { ...drain, onTimeout: 'ForceDelete', timeoutMs: 5 * minute }
  const at = (seconds: number, grace: number) => {
    const annotations = { 'karpenter.sh/do-not-disrupt': 'true' }
    const given = { limits: force, deadline: noon + 300 * second, now: noon + seconds * second }
    return classes([pod('p', { annotations, graceSeconds: grace })], given).p
  }

  test('a protected pod is forced in time for its own grace, not before', () => {
    assert.equal(at(90, 60), 'blocked')
    assert.equal(at(239, 60), 'blocked')
    assert.equal(at(240, 60), 'force')
  })

  test('a grace as long as the time-out is forced at once', () => {
    assert.equal(at(0, 300), 'force')
  })

  test('the grace of a forced deletion is at least one second, at most the pod’s own', () => {
    assert.equal(forcedGrace(pod('p'), noon - 10 * minute, noon), 1)
    assert.equal(forcedGrace(pod('p', { graceSeconds: 600 }), noon + 20 * second, noon), 20)
    assert.equal(forcedGrace(pod('p'), noon + 10 * minute, noon), 30)
  })

  test('a policy can shorten the grace of a pod, never lengthen it', () => {
    assert.equal(graceOf(pod('p'), { ...drain, gracePeriodSeconds: 5 }), 5)
    assert.equal(graceOf(pod('p'), { ...drain, gracePeriodSeconds: 60 }), undefined)
    assert.equal(graceOf(pod('p'), drain), undefined)
  })
})

test('readPod takes what a drain needs out of a Pod', () => {
  const object: PodObject = {
    metadata: {
      name: 'web-0',
      namespace: 'shop',
      uid: 'u',
      deletionTimestamp: '2026-03-01T12:00:00Z',
      annotations: { 'kubernetes.io/config.mirror': 'x' },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: 's', controller: true }],
    },
    spec: { priorityClassName: 'system-node-critical' },
    status: { phase: 'Failed' },
  }
  assert.deepEqual(readPod(object), {
    namespace: 'shop',
    name: 'web-0',
    uid: 'u',
    owner: 'StatefulSet',
    ownerUid: 's',
    mirror: true,
    finished: true,
    critical: true,
    deletedAt: noon,
    graceSeconds: 30,
    annotations: { 'kubernetes.io/config.mirror': 'x' },
    tolerations: [],
  })
})
