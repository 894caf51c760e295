/**
 * Chaos Mesh's own definitions on a real API server: it takes what deploy/drills holds, and what `nodemend drill watch` runs scores
 * experiments of each kind. Its controller is scripted: the test writes the status that it writes.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { experimentKinds } from '../../src/drill/bystander/kinds.ts'
import { Bystander } from '../../src/drill/bystander/watch.ts'
import { definitions } from '../../src/drill/control/definitions.ts'
import type { DrillResult } from '../../src/drill/score/score.ts'
import { connectTo } from '../../src/kube/connect.ts'
import { seededRandom, systemClock } from '../../src/telemetry/clock.ts'
import type { ControlPlane } from '../cluster/control-plane.ts'
import { installDefinitions } from '../cluster/definitions.ts'
import { clusterFor } from '../cluster/suite.ts'
import { eventually } from '../cluster/wait.ts'

const folder = join(import.meta.dirname, '..', '..', 'deploy', 'drills')
const chaosPath = (namespace: string) => `/apis/chaos-mesh.org/v1alpha1/namespaces/${namespace}`

interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
}

/** Where the server keeps the kinds of deploy/drills, below a namespace or not. */
const homes: Readonly<Record<string, (namespace: string) => string>> = {
  Namespace: () => '/api/v1/namespaces',
  Pod: (namespace) => `/api/v1/namespaces/${namespace}/pods`,
  DaemonSet: (namespace) => `/apis/apps/v1/namespaces/${namespace}/daemonsets`,
  FaultDrill: () => '/apis/nodemend.dev/v1alpha1/faultdrills',
  Workflow: (namespace) => `${chaosPath(namespace)}/workflows`,
  Schedule: (namespace) => `${chaosPath(namespace)}/schedules`,
}

test('a real API server takes every object of deploy/drills in a dry run with strict fields', async (t) => {
  const cluster = await clusterFor(t)
  if (!cluster) return
  await installDefinitions(cluster, 'chaos-mesh', ['Workflow', 'Schedule'])
  for (const one of definitions())
    await cluster.admin.apply(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${one.metadata.name}`, one)
  await cluster.admin.apply('/api/v1/namespaces/nodemend-drills', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'nodemend-drills' },
  })
  for (const file of readdirSync(folder))
    for (const document of parseAllDocuments(readFileSync(join(folder, file), 'utf8'))) {
      const object = document.toJS({ maxAliasCount: 10 }) as Manifest
      const home = homes[object.kind]?.(object.metadata.namespace ?? 'default')
      assert.ok(home, `${file}: where is ${object.kind}?`)
      const answer = await eventually(`${object.kind} to be served`, 20_000, async () => {
        const path = `${home}/${object.metadata.name}?dryRun=All&fieldManager=test&force=true&fieldValidation=Strict`
        const said = await cluster.admin.send({
          method: 'PATCH',
          path,
          body: object,
          contentType: 'application/apply-patch+yaml',
        })
        return said.status === 404 ? undefined : said
      })
      assert.ok(answer.status < 300, `${file}: ${object.kind} ${object.metadata.name}: ${JSON.stringify(answer.body)}`)
    }
})

/** The least that the definitions ask of each kind, beside mode and selector. */
const specs: Readonly<Record<string, object>> = {
  StressChaos: { stressors: { memory: { workers: 1, size: '256MB' } } },
  IOChaos: { action: 'latency', volumePath: '/data', delay: '100ms' },
  NetworkChaos: { action: 'loss', loss: { loss: '50' } },
  KernelChaos: { failKernRequest: { failtype: 0 } },
  TimeChaos: { timeOffset: '-10m' },
  PodChaos: { action: 'pod-failure' },
}

test('what drill watch runs scores experiments of every kind', async (t) => {
  const cluster = await clusterFor(t)
  if (!cluster) return
  const kinds = experimentKinds.map(({ resource }) => resource.kind)
  await installDefinitions(cluster, 'chaos-mesh', kinds)
  const post = poster(cluster)
  await post('/api/v1/nodes', { metadata: { name: 'worker-1' } })
  await post('/api/v1/namespaces/default/pods', podOf('web', {}))
  await post('/api/v1/namespaces/kube-system/pods', podOf('kube-proxy-x', { 'k8s-app': 'kube-proxy' }))
  const { began, results } = watching(t, cluster)
  for (const kind of kinds) {
    await post(`${chaosPath('default')}/${kind.toLowerCase()}`, {
      ...chaos(kind),
      spec: { mode: 'all', selector: {}, ...specs[kind] },
      status: statusOf(targetOf(kind), true),
    })
    await eventually(`${kind} to be seen`, 20_000, async () => began.some((one) => one.startsWith(`${kind} default/`)))
  }
  await post('/api/v1/namespaces/default/events', {
    metadata: { name: 'proxy' },
    involvedObject: { apiVersion: 'v1', kind: 'Node', name: 'worker-1', uid: 'worker-1' },
    type: 'Warning',
    reason: 'NetworkingReady',
    message: 'KubeProxyNotReady: nothing listens on its health port',
    firstTimestamp: stamp(),
    lastTimestamp: stamp(),
    source: { component: 'nodemend-agent' },
  })
  await eventually('the finding', 20_000, async () => results().some((one) => verdict(one, 'detected') === 'passed'))
  for (const kind of kinds) {
    const answer = await cluster.admin.send({
      method: 'PATCH',
      path: `${chaosPath('default')}/${kind.toLowerCase()}/${kind.toLowerCase()}?fieldValidation=Strict`,
      body: { status: statusOf(targetOf(kind), false) },
      contentType: 'application/merge-patch+json',
    })
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
  }
  await eventually('their ends', 20_000, async () => results().every((one) => verdict(one, 'cleaned') === 'passed'))
  assert.deepEqual(
    results().map(({ injection, node, passed }) => [injection, node, passed]),
    kinds.map((kind) => [`${kind} default/${kind.toLowerCase()}`, 'worker-1', true]),
    JSON.stringify(results(), null, 1),
  )
  assert.equal(results().find(({ injection }) => injection.startsWith('PodChaos'))?.reason, 'KubeProxyNotReady')
})

const verdict = ({ stages }: DrillResult, stage: string) => stages.find((one) => one.stage === stage)?.verdict
const targetOf = (kind: string) => (kind === 'PodChaos' ? 'kube-system/kube-proxy-x' : 'default/web')

const chaos = (kind: string) => ({
  apiVersion: 'chaos-mesh.org/v1alpha1',
  kind,
  metadata: { name: kind.toLowerCase(), namespace: 'default' },
})

const podOf = (name: string, labels: object) => ({
  metadata: { name, labels },
  spec: { nodeName: 'worker-1', containers: [{ name: 'main', image: 'none' }] },
})

/** What Chaos Mesh writes when every target is injected, and when every one has recovered. */
const statusOf = (pod: string, injected: boolean) => ({
  conditions: [
    { type: 'Selected', status: 'True' },
    { type: 'AllInjected', status: injected ? 'True' : 'False' },
    { type: 'AllRecovered', status: injected ? 'False' : 'True' },
    { type: 'Paused', status: 'False' },
  ],
  experiment: {
    desiredPhase: injected ? 'Run' : 'Stop',
    containerRecords: [
      {
        id: `${pod}/main`,
        selectorKey: '.',
        phase: injected ? 'Injected' : 'Not Injected',
        injectedCount: 1,
        recoveredCount: injected ? 0 : 1,
      },
    ],
  },
})

const stamp = () => new Date(systemClock.now()).toISOString().replace(/\.\d+Z$/, 'Z')

/** Creates an object with strict fields. */
function poster({ admin }: ControlPlane) {
  return async (path: string, body: object): Promise<void> => {
    const answer = await admin.send({ method: 'POST', path: `${path}?fieldValidation=Strict`, body })
    assert.equal(answer.status, 201, `${path}: ${JSON.stringify(answer.body)}`)
  }
}

/** What `nodemend drill watch` runs. */
function watching(t: TestContext, cluster: ControlPlane) {
  const parts = { clock: systemClock, random: seededRandom(1) }
  const { url: server, caFile, tokens } = cluster
  const api = connectTo({ server, ca: () => readFileSync(caFile, 'utf8'), token: () => tokens.admin ?? '' }, parts)
  const stop = new AbortController()
  const began: string[] = []
  const bystander = new Bystander({
    ...parts,
    api,
    signal: stop.signal,
    repairs: false,
    subjectOf: () => undefined,
    asked: () => ({ decision: false }),
    onBegin: (what) => void began.push(what),
  })
  const done = bystander.watch()
  t.after(async () => {
    stop.abort()
    await done
    api.close()
  })
  return { began, results: () => bystander.results() }
}
