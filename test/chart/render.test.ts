/** The chart over its values, by the real Helm: golden files, lint, and what the schema refuses. */
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { definitions } from '../../src/drill/control/definitions.ts'
import { admissionWarnings } from '../../src/repair/policy/admission.ts'
import { checkGolden } from '../golden.ts'
import { chartFolder, type Helm, helmFor } from './helm.ts'
import { valueCases } from './value-cases.ts'

for (const { name, release = 'nodemend', namespace = 'kube-system', values = {} } of valueCases) {
  test(`the chart with values "${name}" renders as reviewed`, async (t) => {
    const helm = await helmFor(t)
    if (!helm) return
    const set = Object.entries({ 'crds.install': false, ...values }).map(
      ([path, value]) => `--set-json=${path}=${JSON.stringify(value)}`,
    )
    const { code, out, err } = await helm('template', release, chartFolder, `--namespace=${namespace}`, ...set)
    assert.deepEqual([code, err], [0, ''])
    checkGolden(`chart/${name}.yaml`, out)
    for (const one of parseAllDocuments(out)) assert.deepEqual(one.errors, [])
  })
}

test('definitions are those of the code, and stay when the release goes', async (t) => {
  const helm = await helmFor(t)
  if (!helm) return
  const { out } = await helm('template', 'nodemend', chartFolder, '--show-only=templates/crds.yaml')
  const read = parseAllDocuments(out).map((one) => one.toJS() as ReturnType<typeof definitions>[number])
  const wanted = JSON.parse(JSON.stringify([...definitions(), ...admissionWarnings()])) as typeof read // as the API reads them
  assert.deepEqual(
    read.map(({ spec }) => spec),
    wanted.map(({ spec }) => spec),
  )
  const kept = read.filter(({ kind }) => kind === 'CustomResourceDefinition')
  assert.deepEqual(
    [...new Set(kept.map(({ metadata }) => metadata.annotations?.['helm.sh/resource-policy']))],
    ['keep'],
  )
})

test('helm lint has nothing to say', async (t) => {
  const helm = await helmFor(t)
  if (!helm) return
  const { code, out } = await helm('lint', '--strict', '--quiet', chartFolder)
  assert.deepEqual([code, out], [0, ''])
})

const refused: readonly (readonly [set: string, says: string])[] = [
  ['agent.privilegd=true', "at '/agent': additional properties 'privilegd' not allowed"],
  ['image.tag=x', "at '': additional properties 'image' not allowed"],
  ['agent.port=99999', "at '/agent/port': maximum"],
  ['agent.resources.limits.memory=lots', "at '/agent/resources/limits/memory': 'lots' does not match pattern"],
  ['controller.providers={kapenter}', "at '/controller/providers/0': value must be one of"],
  ['controller.providers={webhook}', "at '/controller/webhook/url': minLength"],
  ['controller.providers={eks}', "at '/controller/aws/cluster': minLength"],
  ['controller.replicas=two', "at '/controller/replicas': got string, want integer"],
  ['metrics.podMonitor.interval=30', "at '/metrics/podMonitor/interval': got number, want string"],
  ['agent.config.resons.x=1', "at '/agent/config': additional properties 'resons' not allowed"],
  ['agent.image.digest=sha256:1', "at '/agent/image/digest': 'sha256:1' does not match pattern"],
  ['agent.extraArgs={verbosity=3}', "at '/agent/extraArgs/0': 'verbosity=3' does not match pattern"],
]

test('a wrong value is refused with its path', async (t) => {
  const helm = await helmFor(t)
  if (!helm) return
  for (const [set, says] of refused) {
    const { code, err } = await helm('template', 'nodemend', chartFolder, '--set', set)
    assert.equal(code, 1, set)
    assert.ok(err.includes(says), `${set}: ${err}`)
  }
})

test('rules and dashboards come from their files, braces and all, and nothing comes from none', async (t) => {
  const helm = await helmFor(t)
  if (!helm) return
  const chart = mkdtempSync(join(tmpdir(), 'nodemend-chart-'))
  t.after(() => rmSync(chart, { recursive: true }))
  cpSync(chartFolder, chart, { recursive: true })
  for (const folder of ['rules', 'dashboards']) rmSync(join(chart, 'files', folder), { recursive: true, force: true })
  const on = ['--set=metrics.prometheusRule.enabled=true,metrics.dashboards.enabled=true']
  assert.deepEqual(await kindsOf(helm, chart, on), await kindsOf(helm, chart, []))

  cpSync(join(import.meta.dirname, 'files'), join(chart, 'files'), { recursive: true })
  writeFileSync(join(chart, 'files', 'rules', 'README.md'), 'no rules')
  const { out } = await helm('template', 'nodemend', chart, ...on)
  const all = parseAllDocuments(out).map((one) => one.toJS() as { kind: string; spec?: unknown; data?: unknown })
  const rules = all.filter(({ kind }) => kind === 'PrometheusRule')
  assert.deepEqual(
    rules.map(({ spec }) => spec),
    [
      {
        groups: [
          {
            name: 'agent',
            rules: [{ alert: 'Sick', expr: 'up == 0', annotations: { summary: '{{ $labels.node }}' } }],
          },
        ],
      },
    ],
  )
  const boards = all.filter(({ kind, data }) => kind === 'ConfigMap' && data && 'fleet.json' in (data as object))
  assert.deepEqual(
    boards.map(({ data }) => data),
    [{ 'fleet.json': '{ "title": "Fleet", "legend": "{{node}}" }\n' }],
  )
})

async function kindsOf(helm: Helm, chart: string, set: readonly string[]): Promise<readonly string[]> {
  const { code, out, err } = await helm('template', 'nodemend', chart, ...set)
  assert.equal(code, 0, err)
  return parseAllDocuments(out).map((one) => (one.toJS() as { kind: string }).kind)
}
