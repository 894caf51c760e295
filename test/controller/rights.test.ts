/** L7, L6: the controller under the role that `nodemend rbac controller` prints, and without parts of it. */
import assert from 'node:assert/strict'
import { get } from 'node:http'
import { type TestContext, test } from 'node:test'
import { type RunControllerOptions, runController } from '../../src/cli/controller/run.ts'
import { startModels } from '../../src/embedded/model/models.ts'
import { startEmbedded } from '../../src/embedded/server.ts'
import {
  type Api,
  type KubeObject,
  leases,
  nodeRepairs,
  nodes,
  podDisruptionBudgets,
  pods,
  remediations,
  repairPolicies,
} from '../../src/kube/api.ts'
import { connectTo } from '../../src/kube/connect.ts'
import { createObject, listObjects, patchObject } from '../../src/kube/objects.ts'
import { permissionsOf, permissionText, type Right } from '../../src/kube/rights/right.ts'
import { limitedTo } from '../../src/kube/testing/limited-api.ts'
import { nodeClaimDefinition, nodePoolDefinition } from '../../src/providers/karpenter/testing/definition.ts'
import { crds } from '../../src/repair/crds.ts'
import { controllerRights, rightsWithProviders } from '../../src/repair/rights/rights.ts'
import { mistakenPolicy, quickPolicy } from '../../src/repair/testing/test-cluster.ts'
import { SteppedClock, seededRandom } from '../../src/telemetry/clock.ts'

const all = rightsWithProviders('default', ['embedded'])

/** This cluster does not serve them; that they are used is shown in `src/repair/act/{requests,gang}`. */
const notServed = /\.(?:lifecycle|scheduling)\.k8s\.io$/

test('L7: every call of the controller is in the list of rights, and it uses every right of the list', async (t) => {
  const site = await given(t, () => all)
  await oldRecords(site.api, 4)
  const asked = { metadata: { name: 'nobody', namespace: 'default' }, spec: {} } // a health check asks, and gets an answer
  await createObject(site.api, remediations, asked as KubeObject)
  const drain = { timeout: '20s', onTimeout: 'ForceDelete', pdb: 'RespectUntilDeadline' }
  const sick = await site.policyOn({ ...quickPolicy, drain })
  await stubbornPod(site.api, sick)
  const ended = async (): Promise<boolean> => (await site.repairs()).some((one) => one.status.phase === 'Succeeded')
  await site.until('the repair succeeds', ended)
  await createObject(site.api, repairPolicies, { metadata: { name: 'mistaken' }, spec: mistakenPolicy } as KubeObject)
  for (const { match } of [quickPolicy, mistakenPolicy]) {
    await site.pass(10_000)
    await patchObject(site.api, repairPolicies, { name: 'mistaken' }, { spec: { match } }, { type: 'merge' })
  }
  await site.pass(70_000) // the second Event about it is counted up
  assert.deepEqual(site.limited.refused, [])
  const listed = permissionsOf(controllerRights('default')).map(permissionText)
  assert.deepEqual(
    listed.filter((one) => !site.limited.used.has(one) && !notServed.test(one)),
    [],
    'rights that nothing uses',
  )
  assert.match(await site.metrics(), /nodemend_missing_rights 0/)
})

test('L7: all missing rights are told in one line with the command that grants them, again while they are missing', async (t) => {
  let rights: readonly Right[] = all.filter(({ resource }) => resource !== 'pods' && resource !== 'events')
  const site = await given(t, () => rights)
  await site.pass(5_000)
  const told = () => site.logged().filter(({ msg }) => String(msg).includes('rights are missing'))
  assert.deepEqual(
    told().map(({ level, msg }) => [level, msg]),
    [
      [
        'error',
        '7 rights are missing: list pods, create pods/eviction, delete pods, patch pods, patch pods/status, create events in default, patch events in default',
      ],
    ],
  )
  const remedy = 'nodemend rbac controller --namespace default --providers embedded | kubectl apply -f -'
  assert.equal(told()[0]?.remedy, remedy)
  assert.match(await site.metrics(), /nodemend_missing_rights 7/)
  rights = all.filter(({ resource }) => resource !== 'events')
  await site.pass(300_000)
  assert.deepEqual(told().at(1)?.level, 'warn', 'what is optional is no error')
  rights = all
  await site.pass(300_000)
  assert.equal(told().length, 2)
  assert.ok(site.logged().some(({ msg }) => msg === 'all rights are granted'))
  assert.match(await site.metrics(), /nodemend_missing_rights 0/)
})

async function given(t: TestContext, rights: () => readonly Right[]) {
  const clock = new SteppedClock()
  const random = seededRandom(3)
  const definitions = [...crds(), nodeClaimDefinition, nodePoolDefinition]
  const embedded = await startEmbedded({ clock, random, crds: definitions as never }) // CRDs are plain JSON
  const models = startModels(embedded.cluster, { groups: [{ name: 'pool', size: 4, replaceMs: 2_000 }] })
  const open = (): Api => connectTo({ server: embedded.url, token: () => embedded.token }, { clock, random })
  const [api, own] = [open(), open()]
  const limited = limitedTo(own, rights)
  const lines: string[] = []
  const stop = new AbortController()
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 1_000) {
      await clock.advance(1_000)
      for (let turn = 0; turn < 3; turn++) await listObjects(api, leases, { namespace: 'default' })
      for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
    }
  }
  await clock.advance(2_000)
  const parts = { clock, random, api: limited.api, signal: stop.signal, write: (line: string) => void lines.push(line) }
  let running: Promise<void> | undefined
  const port = await new Promise<number>((resolve, reject) => {
    running = runController(options, { ...parts, onReady: resolve })
    running.catch(reject)
  })
  t.after(async () => {
    stop.abort()
    const ended = running?.then(() => true)
    while (!(await Promise.race([ended, pass(1_000).then(() => false)])));
    models.stop()
    for (const one of [api, own]) one.close()
    await embedded.stop()
  })
  const repairs = async (): Promise<readonly Record[]> =>
    (await listObjects<Record>(api, nodeRepairs)).items.filter(({ spec }) => spec.nodeName !== 'old')
  return {
    api,
    limited,
    pass,
    repairs,
    logged: () => lines.map((line) => JSON.parse(line) as { readonly [field: string]: unknown }),
    metrics: () => page(port, '/metrics'),
    /** A policy, and a node that it is about. */
    async policyOn(spec: object): Promise<string> {
      await createObject(api, repairPolicies, { metadata: { name: 'kernel' }, spec } as KubeObject)
      const [first] = (await listObjects<KubeObject>(api, nodes)).items
      const name = first?.metadata.name ?? ''
      const stamp = new Date(clock.now()).toISOString()
      const condition = { type: 'KernelReady', status: 'False', reason: 'Test', message: '', lastTransitionTime: stamp }
      const status = { conditions: [{ ...condition, lastHeartbeatTime: stamp }] }
      await patchObject(api, nodes, { name }, { status }, { type: 'strategic', subresource: 'status' })
      return name
    },
    async until(what: string, done: () => Promise<boolean>): Promise<void> {
      for (let seconds = 0; seconds < 180; seconds++) {
        if (await done()) return
        await pass(1_000)
      }
      assert.fail(
        `not within 180 s: ${what}\n${JSON.stringify(await repairs(), null, 1)}\n${limited.refused.join('\n')}`,
      )
    },
  }
}

interface Record extends KubeObject {
  readonly spec: { readonly nodeName: string }
  readonly status: { readonly phase?: string }
}

const options: RunControllerOptions = {
  namespace: 'default',
  leaseName: 'nodemend-controller',
  identity: 'test',
  metricsAddress: '127.0.0.1:0',
  intervalMs: 5_000,
  providers: ['embedded'],
  settleMs: 0,
  leaseMs: 15_000,
  level: 'info',
}

/** Finished records of eight days before; all but three are removed. */
async function oldRecords(api: Api, count: number): Promise<void> {
  const at = '2020-01-01T00:00:00.000Z'
  for (let attempt = 1; attempt <= count; attempt++) {
    const name = `old-${attempt}`
    const spec = { nodeName: 'old', nodeUID: 'old', attempt }
    await createObject(api, nodeRepairs, { metadata: { name }, spec } as KubeObject)
    const status = { phase: 'Failed', phases: [{ phase: 'Failed', at, why: 'test' }] }
    await patchObject(api, nodeRepairs, { name }, { status }, { type: 'merge', subresource: 'status' })
  }
}

/** A pod that leaves only when it is deleted: its budget allows no eviction. */
async function stubbornPod(api: Api, nodeName: string): Promise<void> {
  const labels = { app: 'web' }
  const budget = { maxUnavailable: 0, selector: { matchLabels: labels } }
  const named = { name: 'web', namespace: 'default' }
  await createObject(api, podDisruptionBudgets, { metadata: named, spec: budget } as KubeObject)
  const metadata = { ...named, labels, annotations: { 'nodemend.dev/save-state-for': '1s' } }
  const spec = { nodeName, terminationGracePeriodSeconds: 1, containers: [{ name: 'c', image: 'i' }] }
  await createObject(api, pods, { metadata, spec } as KubeObject)
}

function page(port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve(text))
    }).once('error', reject)
  })
}
