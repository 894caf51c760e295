/** FaultDrills on the embedded API server: from the object to its status, with the rights of the list and no others. */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { startEmbedded } from '../../embedded/server.ts'
import { type Api, faultDrills, type KubeObject, nodes } from '../../kube/api.ts'
import { connectTo } from '../../kube/connect.ts'
import { createObject, deleteObject, getObject, listObjects } from '../../kube/objects.ts'
import { limitedTo } from '../../kube/testing/limited-api.ts'
import { type Clock, seededRandom, sleep, systemClock } from '../../telemetry/clock.ts'
import { silentLog } from '../../telemetry/log.ts'
import { kernelLine } from '../injections/kernel-line.ts'
import { usualLimits } from '../plan/choose-node.ts'
import type { Drill } from '../plan/drill.ts'
import type { Subject } from '../plan/subjects.ts'
import { drillJob, jobs } from '../run/job.ts'
import { jobDefinition, runJobs } from '../testing/job-runner.ts'
import { definitions } from './definitions.ts'
import { dueOf, type FaultDrillObject } from './record.ts'
import { drillRights } from './rights.ts'
import { serveDrills } from './serve.ts'

const softLockup: Subject = {
  entry: 'SoftLockup',
  reason: 'SoftLockup',
  summary: '-',
  condition: 'KernelReady',
  severity: 'warning',
  scope: 'hardware',
  injection: 'kernel-line',
  line: 'BUG: soft lockup - CPU#1 stuck for 23s!',
  times: 1,
}

type Body = KubeObject & Readonly<Record<string, unknown>>

/** Ten times faster than time goes, so that patience ends soon. */
const hurried: Clock = {
  now: systemClock.now,
  monotonic: () => systemClock.monotonic() * 10,
  after: (ms, run) => systemClock.after(ms / 10, run),
}

async function given(t: TestContext, { blind = false, clock = systemClock } = {}) {
  const random = seededRandom(1)
  const server = await startEmbedded({ clock: systemClock, random, crds: [...definitions(), jobDefinition] })
  const open = (): Api => connectTo({ server: server.url, token: () => server.token }, { clock: systemClock, random })
  const [api, own] = [open(), open()]
  const limited = limitedTo(own, () => drillRights('drills'))
  const stop = new AbortController()
  await createObject<Body>(api, nodes, { metadata: { name: 'worker-1' } })
  const conditions = ['Ready', 'KernelReady'].map((type) => ({ type, status: 'True', reason: 'Fine', message: '' }))
  await api.request({
    verb: 'patch',
    resource: nodes,
    name: 'worker-1',
    subresource: 'status',
    body: { status: { conditions } },
    contentType: 'application/merge-patch+json',
  })
  const begin = (holder: string): Promise<void> =>
    serveDrills({
      api: limited.api,
      clock,
      random,
      log: silentLog,
      signal: stop.signal,
      holder,
      namespace: 'drills',
      image: 'busybox',
      limits: usualLimits,
      subjectOf(spec) {
        if (spec.reason === softLockup.reason) return softLockup
        throw new Error(`no reason is called ${spec.reason}`)
      },
    })
  await createObject<Body>(
    api,
    { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false },
    { metadata: { name: 'drills' } },
  )
  const runner = runJobs(api, stop.signal, blind ? undefined : softLockup.reason)
  const serving: Promise<void>[] = []
  t.after(async () => {
    stop.abort(new Error('the test is over'))
    await Promise.all([runner, ...serving])
    for (const one of [api, own]) one.close()
    await server.stop()
  })
  const drill = (name: string, spec: object) => createObject<Body>(api, faultDrills, { metadata: { name }, spec })
  const read = (name: string) => getObject<FaultDrillObject>(api, faultDrills, { name })
  return {
    api,
    limited,
    drill,
    read,
    serve: (holder = 'a') => void serving.push(begin(holder)),
    async until(name: string, done: (object: FaultDrillObject) => boolean): Promise<FaultDrillObject> {
      for (let turn = 0; turn < 400; turn++) {
        const object = await read(name)
        if (done(object)) return object
        await sleep(systemClock, 25)
      }
      return assert.fail(JSON.stringify(await read(name)))
    },
    jobs: async () => (await listObjects<KubeObject>(api, jobs)).items,
  }
}

const isFinished = ({ status }: FaultDrillObject): boolean => status?.phase === 'Finished'

describe('FaultDrills', () => {
  it('are run, scored and cleaned up, with no other right than those of the list', async (t) => {
    const world = await given(t)
    await world.drill('one', { reason: 'SoftLockup' })
    world.serve()
    const { status, metadata } = await world.until('one', isFinished)
    assert.deepEqual(
      [status?.passed, status?.nodeName, status?.holder, status?.message],
      [true, 'worker-1', 'a', undefined],
    )
    assert.equal(status?.drillID, `f${metadata.uid?.replaceAll('-', '').slice(0, 12)}`)
    assert.deepEqual(
      status?.stages?.map(({ verdict }) => verdict).filter((one) => one === 'failed'),
      [],
    )
    assert.deepEqual(await world.jobs(), [])
    assert.deepEqual(world.limited.refused, [])
  })

  it('are begun once, however many serve', async (t) => {
    const world = await given(t)
    await world.drill('one', { reason: 'SoftLockup', hold: false })
    for (const holder of ['a', 'b', 'c']) world.serve(holder)
    const { status } = await world.until('one', isFinished)
    assert.equal(status?.passed, true)
  })

  it('name what they cannot do, and inject nothing then', async (t) => {
    const world = await given(t)
    await world.drill('unknown', { reason: 'SoftLockupp' })
    await world.drill('nowhere', { reason: 'SoftLockup', nodeName: 'worker-9' })
    world.serve()
    assert.equal((await world.until('unknown', isFinished)).status?.message, 'no reason is called SoftLockupp')
    assert.equal((await world.until('nowhere', isFinished)).status?.message, 'no node is called worker-9')
    assert.deepEqual(await world.jobs(), [])
  })

  it('are refused while another node of the failure domain is under drill', async (t) => {
    const world = await given(t)
    await createObject<Body>(world.api, nodes, { metadata: { name: 'worker-0' } })
    const drill: Drill = { id: 'd0', node: 'worker-0', mode: 'Observe', forMs: 60_000, subject: softLockup }
    await createObject<KubeObject>(
      world.api,
      jobs,
      drillJob([drill], kernelLine, { namespace: 'drills', image: 'busybox' }),
    )
    await world.drill('second', { reason: 'SoftLockup', nodeName: 'worker-1' })
    world.serve()
    const { status } = await world.until('second', isFinished)
    assert.match(
      status?.message ?? '',
      /worker-1: worker-0 is under drill in the nodes without topology.kubernetes.io\/zone/,
    )
  })

  it('fail where the agent sees nothing', async (t) => {
    const world = await given(t, { blind: true, clock: hurried })
    await world.drill('one', { reason: 'SoftLockup', for: '10s' })
    world.serve()
    const { status } = await world.until('one', isFinished)
    assert.deepEqual([status?.passed, status?.message], [false, 'detected: not seen: a finding of this drill'])
    assert.deepEqual(await world.jobs(), [])
  })

  it('end when they are deleted in the middle', async (t) => {
    const world = await given(t)
    await world.drill('one', { reason: 'SoftLockup', hold: true, for: '1h' })
    world.serve()
    await world.until('one', ({ status }) => status?.phase === 'Running')
    for (let turn = 0; turn < 400 && (await world.jobs()).length === 0; turn++) await sleep(systemClock, 25)
    const [job] = await world.jobs()
    assert.deepEqual(
      job?.metadata.ownerReferences?.map(({ kind, name }) => [kind, name]),
      [['FaultDrill', 'one']],
    )
    await deleteObject(world.api, faultDrills, { name: 'one' })
    for (let turn = 0; turn < 400 && (await world.jobs()).length > 0; turn++) await sleep(systemClock, 25)
    assert.deepEqual(await world.jobs(), [])
  })

  it('are given up by whoever finds them left, and deleted after their time', () => {
    const now = Date.parse('2026-11-29T05:00:00Z')
    const of = (status: object, spec: object = { reason: 'SoftLockup' }) =>
      dueOf({ metadata: { name: 'a' }, spec, status } as FaultDrillObject, now)
    assert.equal(of({}), 'begin')
    assert.equal(of({ phase: 'Running', endsBy: '2026-11-29T05:00:01Z' }), 'nothing')
    assert.equal(of({ phase: 'Running', endsBy: '2026-11-29T04:59:59Z' }), 'give up')
    assert.equal(of({ phase: 'Finished', finishedAt: '2026-11-28T05:00:01Z' }), 'nothing')
    assert.equal(of({ phase: 'Finished', finishedAt: '2026-11-28T04:59:59Z' }), 'delete')
    assert.equal(
      of({ phase: 'Finished', finishedAt: '2026-11-29T04:00:00Z' }, { reason: 'SoftLockup', keepFor: '30m' }),
      'delete',
    )
    assert.equal(dueOf({ metadata: { name: 'a', deletionTimestamp: 'now' }, spec: {} }, now), 'nothing')
  })
})
