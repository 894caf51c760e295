/**
 * Providers cluster-api and medik8s, and a MachineHealthCheck that asks, on a real kube-apiserver with the rights of roles.ts. The
 * counterparts are scripted: they do what Cluster API and medik8s do with the objects.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { type TestContext, test } from 'node:test'
import {
  type Api,
  type KubeObject,
  leases,
  nodeRepairs,
  nodes,
  remediations,
  repairPolicies,
} from '../../src/kube/api.ts'
import { connectTo } from '../../src/kube/connect.ts'
import { loadKubeconfig } from '../../src/kube/credentials/kubeconfig.ts'
import { createObject, getObject, listObjects, patchObject } from '../../src/kube/objects.ts'
import { isMarked } from '../../src/providers/cluster-api/judge.ts'
import { type Machine, machines } from '../../src/providers/cluster-api/objects.ts'
import {
  machine,
  namespace,
  owners,
  poolLabels,
  replaceMarked,
} from '../../src/providers/cluster-api/testing/cluster.ts'
import { clusterApiDefinitions } from '../../src/providers/cluster-api/testing/definitions.ts'
import { leaseNamespace } from '../../src/providers/medik8s/lease.ts'
import {
  boot,
  makeTemplate,
  poolLabels as medik8sLabels,
  namespace as medik8sNamespace,
  openRequests,
  remediatorDefinitions,
  remediatorOf,
} from '../../src/providers/medik8s/testing/remediator.ts'
import type { RemediationObject } from '../../src/repair/remediation/request.ts'
import { systemClock, systemRandom } from '../../src/telemetry/clock.ts'
import type { ControlPlane } from '../cluster/control-plane.ts'
import { addNodes, startKwok } from '../cluster/kwok.ts'
import { tail } from '../cluster/process/processes.ts'
import { grantRoles, identities } from '../cluster/roles.ts'
import { clusterFor } from '../cluster/suite.ts'
import { eventually } from '../cluster/wait.ts'
import { installCrds } from './policy.ts'
import { startController } from './programs.ts'

const version = 'v1beta2'
const selfNode = remediatorOf('SelfNodeRemediation')
const namespaces = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false }

test('Cluster API replaces a machine that a MachineHealthCheck asked for, and medik8s reboots one', async (t) => {
  const cluster = await clusterFor(t, { controllerManager: true, identities }, ['kwok'])
  if (!cluster) return
  await grantRoles(cluster)
  startKwok(cluster)
  await installCrds(cluster)
  await install(cluster, [...clusterApiDefinitions(version), ...remediatorDefinitions()])
  const api = await connect(t, cluster)
  for (const name of [namespace, medik8sNamespace]) await createObject(api, namespaces, { metadata: { name } })
  const controller = await startController(cluster, ['--providers=cluster-api,medik8s'])
  try {
    await replaceAsked(api)
    await rebootSick(cluster, api)
    assert.doesNotMatch(readFileSync(controller.logFile, 'utf8'), /NM_KUBE_FORBIDDEN|(right is|rights are) missing/)
  } catch (error) {
    const records = JSON.stringify(
      (await repairs(api)).map(({ spec, status }) => [spec.nodeName, status]),
      undefined,
      1,
    )
    const said = tail(controller.logFile, 30)
    throw new Error(`${(error as Error).message}\nNodeRepairs: ${records}\nthe controller said:\n${said}`, {
      cause: error,
    })
  }
})

/** Both roles at once: Cluster API asks us, and we ask the owner of its Machine. */
async function replaceAsked(api: Api): Promise<void> {
  const kind = 'MachineSet'
  const owner = await owners(api, version, kind)
  const old = await machine(api, version, 'gpu-a', { owner, kind })
  await machine(api, version, 'gpu-b', { owner, kind })
  await policy(api, 'requested', { condition: 'RemediationRequested', status: 'True' }, 'Replace')
  await eventually('the nodes to be ready', 30_000, async () => (await ready(api, poolLabels)) === 2)
  await askFor(api, old.machine)
  await eventually('the owner to be asked', 40_000, async () => {
    const { metadata, status } = await getObject<Machine>(api, machines(version), { name: 'gpu-a', namespace })
    assert.equal(metadata.deletionTimestamp, undefined)
    return isMarked({ metadata, ...(status && { status }) })
  })
  const asked = await getObject<RemediationObject>(api, remediations, { name: 'gpu-a', namespace })
  assert.equal(asked.status?.conditions?.find((one) => one.type === 'Processing')?.status, 'True')
  await replaceMarked(api, version, 'gpu-a')
  await machine(api, version, 'gpu-c', { owner, kind })
  await eventually('the proof', 60_000, async () => (await phases(api, 'gpu-a')).includes('Succeeded'))
}

/** As a MachineHealthCheck does with its template. */
async function askFor(api: Api, { metadata: { name = '', uid = '' } }: KubeObject): Promise<void> {
  const owner = { apiVersion: `cluster.x-k8s.io/${version}`, kind: 'Machine', name, uid }
  const metadata = { name, namespace, ownerReferences: [owner], labels: { 'cluster.x-k8s.io/cluster-name': 'prod' } }
  await createObject(api, remediations, { metadata, spec: {} } as KubeObject)
}

async function rebootSick(cluster: ControlPlane, api: Api): Promise<void> {
  await addNodes(cluster, [{ name: 'rack-a', labels: medik8sLabels }])
  await addNodes(cluster, [{ name: 'rack-b', labels: medik8sLabels }])
  await makeTemplate(api, selfNode)
  await policy(api, 'kernel', { condition: 'KernelReady' }, 'Reboot')
  await condition(api, 'rack-a', 'False')
  await eventually(
    'the remediation',
    40_000,
    async () => (await openRequests(api, [selfNode]))[0]?.metadata.name === 'rack-a',
  )
  await getObject(api, leases, { name: 'node-rack-a', namespace: leaseNamespace })
  await boot(api, 'rack-a', 'booted-anew')
  await condition(api, 'rack-a', 'True')
  await eventually('the proof', 60_000, async () => {
    await condition(api, 'rack-a', 'True') // they go on reporting
    return (await phases(api, 'rack-a')).includes('Succeeded')
  })
  assert.deepEqual(await openRequests(api, [selfNode]), [])
  await assert.rejects(getObject(api, leases, { name: 'node-rack-a', namespace: leaseNamespace }), /not found/)
}

async function install(cluster: ControlPlane, definitions: readonly KubeObject[]): Promise<void> {
  for (const definition of definitions) {
    const { name = '' } = definition.metadata
    await cluster.admin.apply(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`, definition)
  }
  await eventually('the definitions of others to be served', 20_000, async () => {
    const { items } = await cluster.admin.get<{ items: readonly Established[] }>(
      '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
    )
    return items.every(({ status }) =>
      status?.conditions?.some((one) => one.type === 'Established' && one.status === 'True'),
    )
  })
}

interface Established {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

async function connect(t: TestContext, cluster: ControlPlane): Promise<Api> {
  const readText = (path: string): Promise<string> => readFile(path, 'utf8')
  const config = await loadKubeconfig({ path: cluster.kubeconfig('admin'), env: {}, readFile: readText })
  const api = connectTo(config, { clock: systemClock, random: systemRandom })
  t.after(() => api.close())
  return api
}

async function policy(api: Api, name: string, match: object, action: string): Promise<void> {
  const spec = {
    mode: 'Enforce',
    match: [match],
    toleration: '1s',
    ladder: [{ action }],
    drain: { timeout: '30s' },
    budgets: [{ nodes: '1' }],
    restraint: { dwell: '3s' },
  }
  await createObject(api, repairPolicies, { metadata: { name }, spec } as KubeObject)
}

type Repair = KubeObject & { readonly spec: { nodeName: string }; readonly status?: { phase?: string } }

const repairs = async (api: Api): Promise<readonly Repair[]> => (await listObjects<Repair>(api, nodeRepairs)).items

async function phases(api: Api, nodeName: string): Promise<readonly string[]> {
  return (await repairs(api)).filter(({ spec }) => spec.nodeName === nodeName).map(({ status }) => status?.phase ?? '')
}

async function ready(api: Api, labels: Readonly<Record<string, string>>): Promise<number> {
  const labelSelector = Object.entries(labels)
    .map((pair) => pair.join('='))
    .join()
  const { items } = await listObjects<KubeObject & Established>(api, nodes, { labelSelector })
  return items.filter(({ status }) => status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True'))
    .length
}

/** What agent and kubelet say of the node now. */
async function condition(api: Api, name: string, status: string): Promise<void> {
  const stamp = new Date(systemClock.now()).toISOString()
  const said = { reason: 'Test', message: '', lastTransitionTime: stamp, lastHeartbeatTime: stamp }
  const conditions = [
    { ...said, type: 'KernelReady', status },
    { ...said, type: 'Ready', status: 'True' },
  ]
  await patchObject(api, nodes, { name }, { status: { conditions } }, { type: 'strategic', subresource: 'status' })
}
