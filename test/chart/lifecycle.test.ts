/** Upgrade in the middle of a repair, and the uninstall with its clean-up, by the real Helm on a real API server. */
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { run } from '../../src/cli/run.ts'
import { conditionTypes } from '../../src/model/condition.ts'
import { systemClock } from '../../src/telemetry/clock.ts'
import { testIo } from '../cli/io.ts'
import type { Rest } from '../cluster/rest.ts'
import { eventually } from '../cluster/wait.ts'
import { chartFolder } from './helm.ts'
import { type Installed, installed, namespace } from './installed.ts'

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const repairs = '/apis/nodemend.dev/v1alpha1/noderepairs'

const stored = join(import.meta.dirname, '../../fixtures/stored-objects/0.1.0')

interface Repair {
  readonly metadata: {
    readonly name: string
    readonly uid?: string
    readonly deletionTimestamp?: string
    readonly finalizers?: readonly string[]
  }
  readonly spec: object
  readonly status: object
}

/** A repair under way, as a controller of version 0.1.0 left it. */
async function repairUnderWay(
  { create, cluster }: Installed,
  name: string,
  phase: 'acting' | 'preparing',
): Promise<void> {
  const { spec, status } = JSON.parse(readFileSync(join(stored, `${phase}.json`), 'utf8')) as Repair // as recorded
  await eventually('the definition to be served', 30_000, async () => {
    return (await cluster.admin.send({ method: 'GET', path: repairs })).status === 200
  })
  const { apiVersion, kind } = { apiVersion: 'nodemend.dev/v1alpha1', kind: 'NodeRepair' }
  await create(repairs, { apiVersion, kind, metadata: { name, finalizers: ['nodemend.dev/repair'] }, spec })
  await merge(cluster.admin, `${repairs}/${name}/status`, { status })
}

async function merge(admin: Rest, path: string, body: object): Promise<void> {
  const answer = await admin.send({ method: 'PATCH', path, body, contentType: 'application/merge-patch+json' })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
}

/** What a controller does with a repair that somebody deletes before anything has begun. */
async function cancelWhenDeleted(admin: Rest, name: string): Promise<void> {
  await eventually(`${name} to be deleted`, 30_000, async () => {
    return (await admin.get<Repair>(`${repairs}/${name}`)).metadata.deletionTimestamp !== undefined
  })
  await merge(admin, `${repairs}/${name}`, { metadata: { finalizers: null } })
}

/** A chart of a former version, whose definition of NodeRepair lacks a field. */
function formerChart(without: string): string {
  const chart = mkdtempSync(join(tmpdir(), 'nodemend-former-'))
  cpSync(chartFolder, chart, { recursive: true })
  const edit = (file: string, change: (text: string) => string) =>
    writeFileSync(join(chart, file), change(readFileSync(join(chart, file), 'utf8')))
  edit('Chart.yaml', (text) =>
    text.replace(/^version: .*$/m, 'version: 0.0.9').replace(/^appVersion: .*$/m, 'appVersion: 0.0.9'),
  )
  edit('templates/crds.yaml', (text) => {
    const lines = text.split('\n')
    const at = lines.findIndex((line) => line.trim() === `${without}:`)
    const indent = (line: string): number => line.length - line.trimStart().length
    const end = lines.findIndex((line, index) => index > at && indent(line) <= indent(lines[at] ?? ''))
    return lines.toSpliced(at, end - at).join('\n')
  })
  return chart
}

test('an upgrade in the middle of a repair brings the new definitions and loses nothing', async (t) => {
  const former = formerChart('successorName')
  t.after(() => rmSync(former, { recursive: true }))
  const given = await installed(t, former)
  if (!given) return
  const { cluster, helm } = given
  const { admin } = cluster
  await repairUnderWay(given, 'a-1', 'acting')
  const before = await admin.get<Repair>(`${repairs}/a-1`)
  const newField = { status: { successorName: 'b' } }
  await merge(admin, `${repairs}/a-1/status`, newField)
  assert.deepEqual(
    (await admin.get<Repair>(`${repairs}/a-1`)).status,
    before.status,
    'the former definition drops the field',
  )

  const { code, err } = await helm('upgrade', 'nodemend', chartFolder, `--namespace=${namespace}`)
  assert.equal(code, 0, err)
  const after = await admin.get<Repair>(`${repairs}/a-1`)
  assert.deepEqual(
    [after.metadata.uid, after.metadata.finalizers, after.spec, after.status],
    [before.metadata.uid, before.metadata.finalizers, before.spec, before.status],
  )
  await eventually('the new definition to keep the field', 30_000, async () => {
    await merge(admin, `${repairs}/a-1/status`, newField)
    return 'successorName' in (await admin.get<Repair>(`${repairs}/a-1`)).status
  })
  const images = await admin.get<{ spec: { template: { spec: { containers: readonly { image: string }[] } } } }>(
    `/apis/apps/v1/namespaces/${namespace}/deployments/nodemend-controller`,
  )
  assert.doesNotMatch(images.spec.template.spec.containers[0]?.image ?? '', /0\.0\.9/)
})

test('an uninstall leaves no condition, taint or finaliser behind, and the definitions with their records', async (t) => {
  const given = await installed(t)
  if (!given) return
  const { cluster, helm, create, asPod } = given
  const { admin } = cluster
  await mark(given)
  await create(`/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`, {
    metadata: { name: 'nodemend-controller' },
  })

  // What Helm does: the hook's objects first, then its Job, for which there is no kubelet here.
  const { out } = await helm('get', 'hooks', 'nodemend', `--namespace=${namespace}`)
  const hooks = parseAllDocuments(out).map((one) => one.toJS() as Hook)
  for (const hook of hooks.filter(({ kind }) => kind !== 'Job')) await applyHook(admin, hook)
  const [container] = hooks.find(({ kind }) => kind === 'Job')?.spec?.template.spec.containers ?? []
  const { kubeconfig } = await asPod('nodemend-clean-up', 'a')
  const io = testIo('', { clock: systemClock })
  const [, ...command] = container?.command ?? []
  const args = [...command, ...(container?.args ?? []), `--kubeconfig=${kubeconfig}`]
  const [code] = await Promise.all([run(args, io), cancelWhenDeleted(admin, 'b-1')])
  assert.equal(code, 0, io.printed.err)
  assert.equal(io.printed.err, '')
  const uninstalled = await helm('uninstall', 'nodemend', `--namespace=${namespace}`, '--no-hooks')
  assert.equal(uninstalled.code, 0, uninstalled.err)

  await nothingIsLeft(given)
  const records = await admin.get<{ items: readonly { metadata: { name: string } }[] }>(repairs)
  assert.deepEqual(
    records.items.map(({ metadata }) => metadata.name),
    ['a-1'],
    'what had not begun was cancelled',
  )
  assert.equal((await admin.send({ method: 'GET', path: `${definitions}/noderepairs.nodemend.dev` })).status, 200)

  const again = testIo('', { clock: systemClock })
  assert.equal(await run(args, again), 0)
  assert.match(again.printed.out, /nodes: 0 of 2 had/)
  const reinstalled = await helm('install', 'nodemend', chartFolder, `--namespace=${namespace}`)
  assert.equal(reinstalled.code, 0, reinstalled.err)
})

interface Hook {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly spec?: { readonly template: { readonly spec: { readonly containers: readonly Container[] } } }
}

interface Container {
  readonly command: readonly string[]
  readonly args: readonly string[]
}

async function applyHook(admin: Rest, hook: Hook): Promise<void> {
  const { apiVersion, kind, metadata } = hook
  const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`
  const scope = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`
  await admin.apply(`${root}${scope}/${kind.toLowerCase()}s/${metadata.name}`, hook)
}

/** Everything that agent and controller write to nodes, beside what is others'. */
async function mark(given: Installed): Promise<void> {
  const { create, asPod, cluster } = given
  const at = '2026-01-01T00:00:00Z'
  const condition = (type: string) => ({
    type,
    status: 'True',
    reason: 'Fine',
    message: '',
    lastHeartbeatTime: at,
    lastTransitionTime: at,
  })
  for (const name of ['a', 'b']) {
    await create('/api/v1/nodes', {
      metadata: { name, annotations: { 'nodemend.dev/acknowledged': '[]', 'nodemend.dev/veto': 'me: mine' } },
      spec: {
        taints: [
          { key: 'nodemend.dev/repairing', value: `${name}-1`, effect: 'NoSchedule' },
          { key: 'dedicated', effect: 'NoSchedule' },
        ],
      },
      status: { conditions: [condition('Ready')] },
    })
    const { rest } = await asPod('nodemend-agent', name)
    await eventually('the agent to report', 30_000, async () => {
      const { status } = await rest.send({
        method: 'PATCH',
        path: `/api/v1/nodes/${name}/status?fieldManager=nodemend-agent&force=true`,
        body: {
          apiVersion: 'v1',
          kind: 'Node',
          metadata: { name },
          status: { conditions: conditionTypes.map(condition) },
        },
        contentType: 'application/apply-patch+yaml',
      })
      return status === 200
    })
  }
  await cluster.admin.get('/api/v1/nodes')
  await repairUnderWay(given, 'a-1', 'acting')
  await repairUnderWay(given, 'b-1', 'preparing')
}

async function nothingIsLeft({ cluster: { admin } }: Installed): Promise<void> {
  interface Marked {
    readonly metadata: { readonly name: string; readonly annotations?: object; readonly finalizers?: readonly string[] }
    readonly spec: { readonly taints?: readonly { readonly key: string }[] }
    readonly status: { readonly conditions?: readonly { readonly type: string }[] }
  }
  for (const { metadata, spec, status } of (await admin.get<{ items: readonly Marked[] }>('/api/v1/nodes')).items) {
    assert.deepEqual(
      status.conditions?.map(({ type }) => type),
      ['Ready'],
      metadata.name,
    )
    const taints = spec.taints?.map(({ key }) => key).filter((key) => !key.startsWith('node.kubernetes.io/'))
    assert.deepEqual(taints, ['dedicated'], metadata.name)
    assert.deepEqual(metadata.annotations, { 'nodemend.dev/veto': 'me: mine' }, metadata.name)
  }
  for (const { metadata } of (await admin.get<{ items: readonly Marked[] }>(repairs)).items) {
    assert.equal(metadata.finalizers, undefined, metadata.name)
  }
  for (const path of [
    `/apis/apps/v1/namespaces/${namespace}/daemonsets`,
    `/apis/apps/v1/namespaces/${namespace}/deployments`,
    `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`,
  ]) {
    assert.deepEqual((await admin.get<{ items: readonly unknown[] }>(path)).items, [], path)
  }
}
