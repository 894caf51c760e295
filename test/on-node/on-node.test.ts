/**
 * A service of a real node is restarted by the chart's controller: its real containerd, from a pod that it runs itself, with
 * the shipped image, rights and admission policy. A stand-in for systemd runs containerd; the node has no systemd.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { chmodSync, copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { resultOf } from '../../src/model/on-node/order.ts'
import { evidenceFolder, onNodePod } from '../../src/repair/act/on-node/pod.ts'
import { version } from '../../src/telemetry/version.ts'
import { startRealCluster } from '../cluster/node/suite.ts'
import { eventually } from '../cluster/wait.ts'
import { writeImages } from '../journey/images.ts'
import { canStart, chart } from '../journey/scene.ts'

const NODE = 'worker-1'
const NAMESPACE = 'kube-system'
const values = [
  '--set=agent.enabled=false',
  '--set=controller.onNode.enabled=true',
  '--set=controller.replicas=1',
  '--set=controller.providers={embedded}',
  '--set=controller.extraArgs={--interval=1s,--settle=0s}',
]
const repairs = '/apis/nodemend.dev/v1alpha1/noderepairs'

interface Repair {
  readonly status?: { readonly phase?: string; readonly phases?: readonly { readonly why: string }[] }
}

test('containerd is restarted by a pod on the node, which survives it and tells; the node proves it', async (t) => {
  if (!(await canStart(t))) return
  const scene = await started(t)
  const { cluster, node, manager } = scene
  assert.equal(manager.exitCode, null)
  const pidOf = async (): Promise<string> => (await node.run('pgrep', '-o', '-x', 'containerd')).trim()
  await keepsEvidence(scene) // first: the containerd of the stand-in is in other control groups, where no pod starts
  const before = await pidOf()
  const { admin } = cluster
  const say = async (status: 'True' | 'False', reason: string): Promise<void> => {
    const stamp = new Date().toISOString()
    const condition = {
      type: 'ContainerRuntimeReady',
      status,
      reason,
      message: '',
      lastHeartbeatTime: stamp,
      lastTransitionTime: stamp,
    }
    await admin.send({
      method: 'PATCH',
      path: `/api/v1/nodes/${NODE}/status`,
      body: { status: { conditions: [condition] } },
      contentType: 'application/strategic-merge-patch+json',
    })
  }
  await admin.apply('/apis/nodemend.dev/v1alpha1/repairpolicies/runtime', {
    apiVersion: 'nodemend.dev/v1alpha1',
    kind: 'RepairPolicy',
    metadata: { name: 'runtime' },
    spec: {
      mode: 'Enforce',
      match: [{ condition: 'ContainerRuntimeReady' }],
      toleration: '1s',
      ladder: [{ action: 'RestartService' }],
      restraint: { dwell: '3s' },
    },
  })
  await say('False', 'PLEGUnhealthy')
  const repair = async (): Promise<Repair | undefined> =>
    (await admin.get<{ items: readonly Repair[] }>(repairs)).items[0]
  const inPhase = (phase: string) => async (): Promise<Repair | undefined> => {
    const found = await repair()
    const now = found?.status?.phase
    if (now === 'Failed') throw new Error(JSON.stringify(found))
    return now === phase ? found : undefined
  }
  const dwelling = await eventually('the restart to be done', 120_000, inPhase('Dwelling'))
  const after = await pidOf()
  assert.notEqual(after, before)
  const why = dwelling.status?.phases?.at(-1)?.why ?? ''
  assert.equal(
    why,
    `${NODE} has a service started anew: containerd.service is active as process ${after} (before: process ${before})`,
  )
  assert.equal((await node.run('cat', '/run/units.restarted')).trim(), 'containerd.service', 'once')
  await say('True', 'ContainerRuntimeIsReady')
  await eventually('the proof', 60_000, inPhase('Succeeded'))
  const pods = `/api/v1/namespaces/${NAMESPACE}/pods?labelSelector=app.kubernetes.io/component%3Don-node`
  await eventually(
    'its pod to be gone',
    60_000,
    async () => (await admin.get<{ items: readonly object[] }>(pods)).items.length === 0,
  )
})

/** What the controller's pod of evidence does on this node, under the same limits. */
async function keepsEvidence({
  cluster: { admin },
  node,
}: Pick<Awaited<ReturnType<typeof started>>, 'cluster' | 'node'>): Promise<void> {
  const { bootID } = (await admin.get<{ status: { nodeInfo: { bootID: string } } }>(`/api/v1/nodes/${NODE}`)).status
    .nodeInfo
  const order = { task: { verb: 'collect', name: `${NODE}-9` }, bootId: bootID, notAfter: Date.now() + 60_000 } as const
  const place = { attempt: `${NODE}-9`, nodeName: NODE, nodeUid: 'any' }
  const image = `ghcr.io/nodemend/agent:${version}`
  const body = onNodePod(order, place, { namespace: NAMESPACE, image }, { folder: evidenceFolder })
  const pods = `/api/v1/namespaces/${NAMESPACE}/pods`
  // Without the labels: the controller takes pods of repairs away that it does not know.
  const made = await admin.send({
    method: 'POST',
    path: pods,
    body: { ...body, metadata: { ...body.metadata, labels: {} } },
  })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  const message = await eventually('the archive', 60_000, async () => {
    const { status } = await admin.get<Ended>(`${pods}/${NODE}-9-collect`)
    return status.containerStatuses?.[0]?.state.terminated?.message
  })
  const { outcome, why } = resultOf(0, message)
  assert.equal(outcome, 'done')
  assert.match(why, /^\/evidence\/worker-1-9\.txt\.gz: \d+ parts, \d+ bytes/)
  const text = await node.run('zcat', `${evidenceFolder}/${NODE}-9.txt.gz`)
  assert.match(text, /^==> \/proc\/meminfo\nMemTotal:/m)
  assert.match(text, /^==> df -P --local\nFilesystem/m)
}

interface Ended {
  readonly status: {
    readonly containerStatuses?: readonly { readonly state: { readonly terminated?: { readonly message: string } } }[]
  }
}

async function started(t: TestContext) {
  const { cluster, node, stop } = await startRealCluster({ name: NODE })
  t.after(stop)
  for (const image of await writeImages(join(cluster.folder, 'images'))) await node.importImage(image)
  for (const name of ['systemctl', 'service-manager']) {
    const file = join(node.folder, name)
    copyFileSync(join(import.meta.dirname, `${name}.sh`), file)
    chmodSync(file, 0o755)
  }
  // In the mount name space of the node alone.
  await node.run('mount', '--bind', join(node.folder, 'systemctl'), '/usr/bin/systemctl')
  const manager: ChildProcess = spawn(
    'nsenter',
    [
      '--target',
      `${node.pid}`,
      '--mount',
      '--net',
      '--pid',
      '--uts',
      join(node.folder, 'service-manager'),
      node.folder,
    ],
    { stdio: 'ignore' },
  )
  await eventually('the service manager', 20_000, () => node.run('cat', '/run/units.state').catch(() => undefined))
  const env = {
    ...process.env,
    KUBECONFIG: cluster.kubeconfig('admin'),
    HELM_CACHE_HOME: node.folder,
    HELM_CONFIG_HOME: node.folder,
  }
  const call = (file: string, args: readonly string[]) => promisify(execFile)(file, args, { env, timeout: 120_000 })
  await call(cluster.tools.helm, ['install', 'nodemend', chart, `--namespace=${NAMESPACE}`, ...values])
  const rollout = ['rollout', 'status', 'deployment/nodemend-controller', `--namespace=${NAMESPACE}`, '--timeout=90s']
  await call(cluster.tools.kubectl, rollout)
  return { cluster, node, manager }
}
