/** Refused policies and deleted repairs on a real kube-apiserver, with the rights of roles.ts. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { systemClock } from '../../src/telemetry/clock.ts'
import type { ControlPlane } from '../cluster/control-plane.ts'
import { addNodes, startKwok } from '../cluster/kwok.ts'
import { tail } from '../cluster/process/processes.ts'
import { grantRoles, identities } from '../cluster/roles.ts'
import { clusterFor } from '../cluster/suite.ts'
import { eventually } from '../cluster/wait.ts'
import { enforceReplacement, installCrds } from './policy.ts'
import { startController } from './programs.ts'

const NODE = 'worker-1'
const REPAIRS = '/apis/nodemend.dev/v1alpha1/noderepairs'
const POLICIES = '/apis/nodemend.dev/v1alpha1/repairpolicies'

interface Repair {
  readonly metadata: { readonly name: string; readonly uid: string; readonly finalizers?: readonly string[] }
  readonly status?: { readonly phase?: string }
}

interface Node {
  readonly spec: { readonly taints?: readonly { readonly key: string }[] }
}

interface Policy {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

test('a deleted repair puts its node back; actions that do not exist are refused', async (t) => {
  const cluster = await clusterFor(t, { controllerManager: true, identities }, ['kwok'])
  if (!cluster) return
  await grantRoles(cluster)
  startKwok(cluster)
  await installCrds(cluster)
  await addNodes(
    cluster,
    [NODE, 'worker-2'].map((name) => ({ name, labels: { 'nodemend.dev/node-group': 'workers' } })),
  )
  await occupy(cluster)
  await enforceReplacement(cluster, 'KernelReady', '1s')
  const spec = { match: [{ condition: 'KernelReady' }], ladder: [{ action: 'Explode' }] }
  const answer = await post(cluster, POLICIES, { kind: 'RepairPolicy', metadata: { name: 'unbuilt' }, spec })
  assert.equal(answer.status, 422)
  const controller = await startController(cluster, ['--providers=embedded', '--allow-embedded-on-a-real-cluster'])
  try {
    await makeSick(cluster)
    const repair = await eventually('the drain', 30_000, async () => {
      return (await repairs(cluster)).find(({ status }) => status?.phase === 'Draining')
    })
    assert.deepEqual(repair.metadata.finalizers, ['nodemend.dev/repair'])
    assert.deepEqual(await taints(cluster), ['nodemend.dev/repairing'])
    await merge(cluster, `${POLICIES}/test`, { spec: { paused: true } }) // no next attempt
    await cluster.admin.send({ method: 'DELETE', path: `${REPAIRS}/${repair.metadata.name}` })
    await eventually('the record to go', 10_000, async () => {
      return !(await repairs(cluster)).some(({ metadata }) => metadata.uid === repair.metadata.uid)
    })
    assert.deepEqual(await taints(cluster), [])
    const policy = await eventually('the policy to be judged', 10_000, async () => {
      const found = await cluster.admin.get<Policy>(`${POLICIES}/test`)
      return found.status?.conditions && found
    })
    assert.deepEqual(
      policy.status?.conditions?.map(({ type, status }) => [type, status]),
      [
        ['Accepted', 'True'],
        ['InForce', 'True'],
        ['Safeguarded', 'False'], // a toleration of a second is none
      ],
    )
    assert.doesNotMatch(readFileSync(controller.logFile, 'utf8'), /NM_KUBE_FORBIDDEN|(right is|rights are) missing/)
  } catch (error) {
    throw new Error(`the controller said:\n${tail(controller.logFile, 30)}`, { cause: error })
  }
})

/** A pod on the node that nobody may evict: the drain stays where it is. */
async function occupy(cluster: ControlPlane): Promise<void> {
  const body = {
    kind: 'Pod',
    metadata: { name: 'job', annotations: { 'karpenter.sh/do-not-disrupt': 'true' } },
    spec: { nodeName: NODE, containers: [{ name: 'job', image: 'example.invalid/job' }] },
  }
  await eventually('a pod on the node', 20_000, async () => {
    return (await post(cluster, '/api/v1/namespaces/default/pods', body, 'v1')).status === 201 // its service account comes late
  })
}

async function makeSick(cluster: ControlPlane): Promise<void> {
  const stamp = new Date(systemClock.now()).toISOString()
  const condition = { type: 'KernelReady', status: 'False', reason: 'Test', message: '', lastTransitionTime: stamp }
  const { status } = await cluster.admin.send({
    method: 'PATCH',
    path: `/api/v1/nodes/${NODE}/status`,
    contentType: 'application/strategic-merge-patch+json',
    body: { status: { conditions: [condition] } },
  })
  assert.equal(status, 200)
}

async function repairs(cluster: ControlPlane): Promise<readonly Repair[]> {
  return (await cluster.admin.get<{ items: readonly Repair[] }>(REPAIRS)).items
}

async function taints(cluster: ControlPlane): Promise<readonly string[]> {
  const { spec } = await cluster.admin.get<Node>(`/api/v1/nodes/${NODE}`)
  return (spec.taints ?? []).map((taint) => taint.key)
}

function post(cluster: ControlPlane, path: string, body: object, apiVersion = 'nodemend.dev/v1alpha1') {
  return cluster.admin.send({ method: 'POST', path, body: { apiVersion, ...body } })
}

function merge(cluster: ControlPlane, path: string, body: object) {
  return cluster.admin.send({ method: 'PATCH', path, body, contentType: 'application/merge-patch+json' })
}
