/** `nodemend controller --providers eks` by its front door: a node is sick, and moto sees its instance end. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { run } from '../../src/cli/run.ts'
import { startModels } from '../../src/embedded/model/models.ts'
import { startEmbedded } from '../../src/embedded/server.ts'
import { type Api, type KubeObject, nodes, repairPolicies } from '../../src/kube/api.ts'
import { connectTo } from '../../src/kube/connect.ts'
import { createObject, patchObject } from '../../src/kube/objects.ts'
import { awsCloud } from '../../src/providers/eks/aws.ts'
import { crds } from '../../src/repair/crds.ts'
import { systemClock, systemRandom } from '../../src/telemetry/clock.ts'
import { testIo } from '../cli/io.ts'
import { eventually } from '../cluster/wait.ts'
import { withIdentity } from './identity.ts'
import { motoFor } from './moto.ts'
import { nodeGroup } from './node-group.ts'

const labels = { 'eks.amazonaws.com/nodegroup': 'gpu' }
const parts = { clock: systemClock, random: systemRandom }
const patience = 10_000

async function given(t: { after(run: () => Promise<void> | void): void }) {
  const embedded = await startEmbedded({ ...parts, crds: crds() as never }) // plain JSON
  const models = startModels(embedded.cluster, { groups: [] }) // takes the taint of a new node off
  const api = connectTo({ server: embedded.url, token: () => embedded.token }, parts)
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-eks-'))
  const kubeconfig = join(folder, 'kubeconfig')
  writeFileSync(kubeconfig, embedded.kubeconfig())
  t.after(async () => {
    api.close()
    models.stop()
    await embedded.stop()
    rmSync(folder, { recursive: true })
  })
  return { api, kubeconfig }
}

async function joinNode(api: Api, name: string, kernelReady: 'True' | 'False'): Promise<void> {
  const spec = { providerID: `aws:///us-east-1a/${name}` }
  await createObject<KubeObject>(api, nodes, { metadata: { name, labels }, spec } as KubeObject)
  const stamp = new Date(systemClock.now()).toISOString()
  const said = { reason: 'Test', message: '', lastHeartbeatTime: stamp, lastTransitionTime: stamp }
  const conditions = [
    { type: 'Ready', status: 'True', ...said },
    { type: 'KernelReady', status: kernelReady, ...said },
  ]
  const status = { nodeInfo: { bootID: 'boot-1' }, conditions }
  await patchObject(api, nodes, { name }, { status }, { type: 'strategic', subresource: 'status' })
}

describe('nodemend controller --providers eks', () => {
  withIdentity()

  test('without a cluster it does not start', async (t) => {
    const { kubeconfig } = await given(t)
    const io = testIo()
    assert.equal(await run(['controller', '--kubeconfig', kubeconfig, '--providers', 'eks'], io), 2)
    assert.match(io.printed.err, /provider eks needs --eks-cluster.* \(NM_EKS_SETTINGS\)/)
  })

  test('the instance of a sick node ends, and its group starts another one', async (t) => {
    const endpoint = await motoFor(t)
    if (endpoint === undefined) return
    process.env.AWS_ENDPOINT_URL = endpoint
    const group = await nodeGroup(endpoint)
    const { api, kubeconfig } = await given(t)
    const stop = new AbortController()
    const [sick, well] = await group.machines()
    assert.ok(sick && well)
    await joinNode(api, well.id, 'True')
    await joinNode(api, sick.id, 'False')
    const spec = {
      mode: 'Enforce',
      match: [{ condition: 'KernelReady' }],
      toleration: '1s',
      action: 'Replace',
      budgets: [{ nodes: '1' }],
      drain: { timeout: '60s' },
    }
    await createObject(api, repairPolicies, { metadata: { name: 'kernel' }, spec } as KubeObject)
    const io = testIo('', { ...parts, signal: stop.signal })
    const flags = ['--providers', 'eks', '--eks-cluster', 'prod', '--aws-region', 'us-east-1']
    const quick = ['--metrics-address', '127.0.0.1:0', '--interval', '1s', '--settle', '1s']
    const controller = run(['controller', '--kubeconfig', kubeconfig, ...flags, ...quick], io)
    t.after(async () => {
      stop.abort()
      await controller
      delete process.env.AWS_ENDPOINT_URL
      group.stop()
    })
    const cloud = awsCloud({ cluster: 'prod', region: 'us-east-1' })
    await eventually(`the end of ${sick.id}`, 60_000, async () => {
      return (await cloud.instance(sick.id, patience)).state === 'terminated'
    }).catch((error: Error) => assert.fail(`${error.message}\n${io.printed.out}${io.printed.err}`))
    const after = await cloud.group('asg', patience)
    assert.deepEqual([after?.desired, after?.instances.length], [2, 2])
    assert.equal((await cloud.instance(well.id, patience)).state, 'running')
  })
})
