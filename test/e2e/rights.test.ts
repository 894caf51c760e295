/** L6, L7 on a real kube-apiserver: a right that RBAC does not grant is told, and refuses the repair before it begins. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { systemClock } from '../../src/telemetry/clock.ts'
import { addNodes, startKwok } from '../cluster/kwok.ts'
import { tail } from '../cluster/process/processes.ts'
import { grantRoles, identities } from '../cluster/roles.ts'
import { clusterFor } from '../cluster/suite.ts'
import { eventually } from '../cluster/wait.ts'
import { enforceReplacement, installCrds } from './policy.ts'
import { startController } from './programs.ts'

const NODE = 'worker-1'
const ROLE = `/apis/rbac.authorization.k8s.io/v1/clusterroles/${identities.controller.user}`

interface Repair {
  readonly status?: {
    readonly phase?: string
    readonly decision?: { readonly decidedBy?: string; readonly gates: readonly { gate: string; why: string }[] }
  }
}

interface Role {
  readonly rules: readonly { readonly resources: readonly string[]; readonly verbs: readonly string[] }[]
}

test('L6, L7: without the right to delete nodes nothing is touched; all that is missing is told at once', async (t) => {
  const cluster = await clusterFor(t, { controllerManager: true, identities }, ['kwok'])
  if (!cluster) return
  await grantRoles(cluster)
  const whole = await cluster.admin.get<Role>(ROLE)
  const rules = whole.rules.map((one) =>
    one.resources.includes('nodes') ? { ...one, verbs: one.verbs.filter((verb) => verb !== 'delete') } : one,
  )
  const contentType = 'application/merge-patch+json'
  const setRules = (body: object) => cluster.admin.send({ method: 'PATCH', path: ROLE, body, contentType })
  await setRules({ rules })
  startKwok(cluster)
  await installCrds(cluster)
  await addNodes(
    cluster,
    [NODE, 'worker-2'].map((name) => ({ name, labels: { 'nodemend.dev/node-group': 'workers' } })),
  )
  await enforceReplacement(cluster, 'KernelReady', '1s')
  const controller = await startController(cluster, ['--providers=embedded', '--allow-embedded-on-a-real-cluster'])
  const repairs = async () =>
    (await cluster.admin.get<{ items: readonly Repair[] }>('/apis/nodemend.dev/v1alpha1/noderepairs')).items
  try {
    const stamp = new Date(systemClock.now()).toISOString()
    const condition = { type: 'KernelReady', status: 'False', reason: 'Test', message: '', lastTransitionTime: stamp }
    await cluster.admin.send({
      method: 'PATCH',
      path: `/api/v1/nodes/${NODE}/status`,
      contentType: 'application/strategic-merge-patch+json',
      body: { status: { conditions: [condition] } },
    })
    const refused = await eventually('the refusal', 30_000, async () =>
      (await repairs()).find(({ status }) => status?.decision?.decidedBy === 'rights'),
    )
    const gate = refused.status?.decision?.gates.find((one) => one.gate === 'rights')
    assert.equal(gate?.why, `the controller may not delete nodes ${NODE}`)
    const node = await cluster.admin.get<{ spec: { taints?: readonly unknown[] } }>(`/api/v1/nodes/${NODE}`)
    assert.deepEqual(node.spec.taints ?? [], [])
    const log = (): string => readFileSync(controller.logFile, 'utf8')
    assert.match(log(), /"msg":"a right is missing: delete nodes"/)
    await setRules({ rules: whole.rules })
    await eventually('the repair after the grant', 60_000, async () =>
      (await repairs()).some(({ status }) => ['Acting', 'Observing', 'Succeeded'].includes(status?.phase ?? '')),
    )
    assert.doesNotMatch(log(), /NM_KUBE_FORBIDDEN/)
  } catch (error) {
    throw new Error(`the controller said:\n${tail(controller.logFile, 30)}`, { cause: error })
  }
})
