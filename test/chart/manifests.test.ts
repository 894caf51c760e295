/** The plain manifests are the chart, and kustomize builds them. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { plainManifests } from '../../scripts/chart/plain.ts'
import { ensureTools } from '../cluster/tools.ts'

const folder = join(import.meta.dirname, '..', '..', 'deploy', 'manifests')

test('deploy/manifests is fresh, and holds nothing of Helm', async (t) => {
  const tools = await ensureTools(['helm'])
  if (!tools.available) return t.skip(tools.why)
  const manifests = plainManifests(tools.paths.helm)
  assert.deepEqual(readdirSync(folder).sort(), manifests.map(({ name }) => name).sort())
  for (const { name, text } of manifests) {
    assert.equal(readFileSync(join(folder, name), 'utf8'), text, `${name}: run npm run manifests`)
    assert.doesNotMatch(text, /helm\.sh|: Helm$/m)
  }
})

test('kubectl builds the kustomization, namespace and definitions first', async (t) => {
  const tools = await ensureTools(['kubectl'])
  if (!tools.available) return t.skip(tools.why)
  const built = execFileSync(tools.paths.kubectl, ['kustomize', folder], { encoding: 'utf8' })
  const kinds = parseAllDocuments(built).map((one) => (one.toJS() as { readonly kind: string }).kind)
  assert.deepEqual(kinds.slice(0, 3), ['Namespace', 'CustomResourceDefinition', 'CustomResourceDefinition'])
  for (const kind of ['DaemonSet', 'Deployment', 'ValidatingAdmissionPolicy']) assert.ok(kinds.includes(kind), kind)
})
