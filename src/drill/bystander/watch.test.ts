/** What others inject, on the embedded API server with the shapes of Chaos Mesh's kinds, as its version 2 writes them. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { loadShipped } from '../../catalog/shipped.ts'
import { startEmbedded } from '../../embedded/server.ts'
import { type Api, events, type KubeObject, nodes, pods, type Resource } from '../../kube/api.ts'
import { connectTo } from '../../kube/connect.ts'
import { createObject } from '../../kube/objects.ts'
import { seededRandom, sleep, systemClock } from '../../telemetry/clock.ts'
import type { DrillResult } from '../score/score.ts'
import { experimentKinds } from './kinds.ts'
import { Bystander } from './watch.ts'

type Body = KubeObject & Readonly<Record<string, unknown>>

/** As far as we read them: the definitions of Chaos Mesh, without their schemas. */
const definitions = experimentKinds.map(({ resource: { group, version, plural, kind } }) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { plural, singular: plural, kind, listKind: `${kind}List` },
    versions: [
      {
        name: version,
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
}))

const resourceOf = (kind: string): Resource =>
  experimentKinds.find(({ resource }) => resource.kind === kind)?.resource ?? assert.fail(kind)

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
        recoveredCount: 0,
      },
    ],
  },
})

async function given(t: TestContext, crds: readonly object[] = definitions) {
  const random = seededRandom(1)
  const server = await startEmbedded({ clock: systemClock, random, crds })
  const api: Api = connectTo({ server: server.url, token: () => server.token }, { clock: systemClock, random })
  const stop = new AbortController()
  const began: string[] = []
  const patch = (resource: Resource, ref: object, body: object, subresource?: string) =>
    api.request({
      verb: 'patch',
      resource,
      ...ref,
      body,
      contentType: 'application/merge-patch+json',
      ...(subresource && { subresource }),
    })
  await createObject<Body>(api, nodes, { metadata: { name: 'worker-1' } })
  const conditions = (kernel: string, reason = 'KernelIsReady') =>
    patch(
      nodes,
      { name: 'worker-1' },
      { status: { conditions: [{ type: 'KernelReady', status: kernel, reason, message: '' }] } },
      'status',
    )
  await conditions('True')
  const pod = async (namespace: string, name: string, labels = {}) => {
    await createObject<Body>(api, pods, {
      metadata: { name, namespace, labels },
      spec: { nodeName: 'worker-1', containers: [{ name: 'main', image: 'a' }] },
    })
    return `${namespace}/${name}`
  }
  const bystander = new Bystander({
    api,
    clock: systemClock,
    random,
    signal: stop.signal,
    repairs: false,
    subjectOf: () => undefined,
    asked: () => ({ decision: false }),
    onBegin: (what) => void began.push(what),
  })
  const watching = bystander.watch()
  t.after(async () => {
    stop.abort()
    await watching
    api.close()
    await server.stop()
  })
  await sleep(systemClock, 200) // its watches are open
  let number = 0
  return {
    api,
    began,
    pod,
    conditions,
    patch,
    tell: (reason: string, message: string, condition = 'KernelReady') =>
      createObject<Body>(api, events, {
        metadata: { name: `event-${number++}`, namespace: 'default' },
        involvedObject: { apiVersion: 'v1', kind: 'Node', name: 'worker-1', uid: 'worker-1' },
        type: 'Warning',
        reason: condition,
        message: `${reason}: ${message}`,
        lastTimestamp: new Date(systemClock.now()).toISOString().replace(/\.\d+Z$/, 'Z'),
        source: { component: 'nodemend-agent' },
      }),
    /** Runs an experiment against the pod; resolves when it is seen. */
    async inject(kind: string, target: string): Promise<() => Promise<unknown>> {
      const resource = resourceOf(kind)
      const ref = { namespace: 'default', name: kind.toLowerCase() }
      await createObject<Body>(api, resource, { metadata: ref, spec: { mode: 'all' }, status: statusOf(target, true) })
      for (let turn = 0; turn < 200 && !began.some((one) => one.startsWith(kind)); turn++) await sleep(systemClock, 10)
      return () => patch(resource, ref, { status: statusOf(target, false) })
    },
    async until(done: (results: readonly DrillResult[]) => boolean): Promise<readonly DrillResult[]> {
      for (let turn = 0; turn < 300; turn++) {
        if (done(bystander.results())) return bystander.results()
        await sleep(systemClock, 10)
      }
      return assert.fail(JSON.stringify(bystander.results(), null, 1))
    },
  }
}

const verdict = ({ stages }: DrillResult, stage: string) => stages.find((one) => one.stage === stage)?.verdict

describe('Chaos Mesh experiments, watched', () => {
  for (const { resource, may } of experimentKinds) {
    it(`${resource.kind}: is recognised, and done when it has recovered`, async (t) => {
      const world = await given(t)
      const recover = await world.inject(resource.kind, await world.pod('default', 'web'))
      assert.deepEqual(world.began, [`${resource.kind} default/${resource.plural} on worker-1`])
      const [reason] = may
      if (reason !== undefined) await world.tell(reason, 'the node shows it')
      await world.until(([one]) => reason === undefined || (one !== undefined && verdict(one, 'detected') === 'passed'))
      await recover()
      const [result] = await world.until(([one]) => one !== undefined && verdict(one, 'cleaned') === 'passed')
      assert.deepEqual([result?.passed, result?.node], [true, 'worker-1'])
    })
  }

  it('must show in the node where a pod that it needs is the target', async (t) => {
    const world = await given(t)
    const recover = await world.inject(
      'PodChaos',
      await world.pod('kube-system', 'kube-proxy-x', { 'k8s-app': 'kube-proxy' }),
    )
    assert.match((await world.until((all) => all.length > 0))[0]?.stages[1]?.what ?? '', /not seen: KubeProxyNotReady/)
    await world.tell('KubeProxyNotReady', 'nothing listens on its health port', 'NetworkingReady')
    await recover()
    const [result] = await world.until(([one]) => one?.passed === true)
    assert.equal(result?.reason, 'KubeProxyNotReady')
  })

  it('fails where a condition turns False for what no such experiment does', async (t) => {
    const world = await given(t)
    await world.inject('TimeChaos', await world.pod('default', 'web'))
    await world.conditions('False', 'HardLockup')
    const [result] = await world.until(([one]) => one !== undefined && verdict(one, 'condition') === 'failed')
    assert.match(
      result?.stages.find(({ stage }) => stage === 'condition')?.what ?? '',
      /worker-1: KernelReady=False HardLockup/,
    )
  })

  it('is not asked for where the cluster has no Chaos Mesh', async (t) => {
    const world = await given(t, [])
    await world.tell('SoftLockup', 'CPU 1 stuck')
    await sleep(systemClock, 100)
    assert.deepEqual(await world.until(() => true), [])
  })
})

it('every reason that an experiment may bring about exists', () => {
  const files = loadShipped(join(import.meta.dirname, '..', '..', '..', 'catalog'))
  const known = new Set(files.flatMap(({ content }) => content.reasons.map(({ reason }) => reason)))
  const named = experimentKinds.flatMap(({ may, must }) => [...may, ...Object.values(must)])
  assert.deepEqual(
    named.filter((reason) => !known.has(reason)),
    [],
  )
})

describe('the guide’s raw commands', () => {
  it('are an unannounced drill: the finding, its severity, the condition', async (t) => {
    const world = await given(t)
    const message = 'CPU 3 takes no interrupts (written from user space: an unannounced drill)'
    await world.tell('HardLockup', message)
    await world.until((all) => all.length === 1)
    assert.deepEqual(world.began, ['HardLockup on worker-1, by a line without a mark'])
    const [result] = await world.until(([one]) => one !== undefined && verdict(one, 'reason') === 'passed')
    assert.deepEqual([result?.injection, result?.reason, result?.passed], ['by hand', 'HardLockup', true])
  })

  it('are none where the line is older than the agent, or carries a mark', async (t) => {
    const world = await given(t)
    await world.tell(
      'HardLockup',
      'x (written from user space: an unannounced drill) (logged at 2026-11-29T03:00:00Z, before this agent first ran)',
    )
    await world.tell('SoftLockup', 'x (injected by drill d1, Observe)')
    await sleep(systemClock, 100)
    assert.deepEqual(await world.until(() => true), [])
  })
})
