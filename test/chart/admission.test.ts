/** A real API server takes every object that the chart renders, and says which lines are not "restricted". */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import type { Rest } from '../cluster/rest.ts'
import { checkGolden } from '../golden.ts'
import { chartFolder } from './helm.ts'
import { type Installed, installed, namespace } from './installed.ts'
import { monitoringDefinitions } from './monitoring.ts'
import { valueCases } from './value-cases.ts'

interface Rendered {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly spec?: object
}

test('every object is taken in a dry run with strict fields, and every pod that is not "restricted" is known', async (t) => {
  const given = await installed(t)
  if (!given) return
  const { rest, kinds } = await discovered(given)
  for (const { name } of valueCases) {
    for (const object of rendered(
      readFileSync(join(chartFolder, '..', '..', 'golden', 'chart', `${name}.yaml`), 'utf8'),
    )) {
      const kind = kinds.get(`${object.apiVersion}/${object.kind}`)
      assert.ok(kind, `${name}: the server has no ${object.apiVersion} ${object.kind}`)
      const home = object.metadata.namespace
      if (kind.namespaced && home !== undefined) await ensureNamespace(rest, home)
      const folder = `${kind.path}${kind.namespaced ? `/namespaces/${home}` : ''}/${kind.plural}`
      const path = `${folder}/${object.metadata.name}?dryRun=All&fieldManager=test&force=true&fieldValidation=Strict`
      const answer = await rest.send({
        method: 'PATCH',
        path,
        body: object,
        contentType: 'application/apply-patch+yaml',
      })
      assert.ok(answer.status < 300, `${name}: ${object.kind} ${object.metadata.name}: ${JSON.stringify(answer.body)}`)
    }
  }
  await checkPodSecurity(given.cluster.admin)
})

/** Pods keep to the profile, but for the lines that values.yaml explains. */
async function checkPodSecurity(admin: Rest): Promise<void> {
  const told: string[] = []
  for (const name of ['default', 'privileged']) {
    const objects = rendered(readFileSync(join(chartFolder, '..', '..', 'golden', 'chart', `${name}.yaml`), 'utf8'))
    for (const { kind, metadata, spec } of objects) {
      const template = (spec as { readonly template?: { readonly spec: object } } | undefined)?.template
      if (!template) continue
      const body = { metadata: { name: metadata.name, namespace }, spec: template.spec }
      const answer = await admin.send({ method: 'POST', path: `/api/v1/namespaces/${namespace}/pods?dryRun=All`, body })
      assert.equal(answer.status, 201, JSON.stringify(answer.body))
      const warning = answer.headers.warning
      const text = typeof warning === 'string' ? warning.replace(/^299 - "|"$/g, '').replaceAll('\\"', '"') : 'nothing'
      told.push(`${name}, ${kind} ${metadata.name}:`, ...text.split(/(?<=\)), /).map((line) => `  ${line}`))
    }
  }
  checkGolden('chart/pod-security.txt', `${told.join('\n')}\n`)
}

interface Kind {
  readonly path: string
  readonly plural: string
  readonly namespaced: boolean
}

/** What the server calls each kind, with the definitions of the Prometheus Operator among them. */
async function discovered({
  cluster,
}: Installed): Promise<{ readonly rest: Rest; readonly kinds: ReadonlyMap<string, Kind> }> {
  const rest = cluster.admin
  for (const one of monitoringDefinitions) {
    await rest.apply(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${one.metadata.name}`, one)
  }
  const groups = await rest.get<{ groups: readonly { preferredVersion: { groupVersion: string } }[] }>('/apis')
  const kinds = new Map<string, Kind>()
  const versions = new Set([
    ...groups.groups.map(({ preferredVersion }) => preferredVersion.groupVersion),
    'monitoring.coreos.com/v1',
  ])
  for (const version of ['v1', ...versions]) {
    const path = version === 'v1' ? '/api/v1' : `/apis/${version}`
    const answer = await rest.send({ method: 'GET', path })
    if (answer.status !== 200) continue // a definition of a moment ago: asked again by the caller's assertion
    const { resources } = answer.body as { resources: readonly { name: string; kind: string; namespaced: boolean }[] }
    for (const { name, kind, namespaced } of resources) {
      if (!name.includes('/')) kinds.set(`${version}/${kind}`, { path, plural: name, namespaced })
    }
  }
  return { rest, kinds }
}

async function ensureNamespace(rest: Rest, name: string): Promise<void> {
  const body = { metadata: { name } }
  await rest.send({ method: 'POST', path: '/api/v1/namespaces', body }) // 409 where it is there
}

function rendered(text: string): readonly Rendered[] {
  return parseAllDocuments(text).flatMap((one) => (one.toJS() as Rendered | null) ?? [])
}
