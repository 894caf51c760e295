/** What the chart says again after the code, it says alike. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { generatedTemplates } from '../../scripts/chart/templates.ts'
import { version } from '../../src/telemetry/version.ts'
import { chartFolder } from './helm.ts'

const read = (file: string): string => readFileSync(join(chartFolder, file), 'utf8')

test('templates that derive from definitions, rights and conditions are fresh', () => {
  for (const { file, text } of generatedTemplates()) {
    assert.equal(readFileSync(join(chartFolder, '..', '..', file), 'utf8'), text, `${file}: run npm run chart`)
  }
})

test('the version of the chart is that of the programs in it', () => {
  const chart = parse(read('Chart.yaml')) as { readonly version: string; readonly appVersion: string }
  assert.deepEqual([chart.version, chart.appVersion], [version, version])
})

interface Schema {
  readonly $ref?: string
  readonly additionalProperties?: unknown
  readonly properties?: Readonly<Record<string, Schema>>
}

/** Declared, and not in values.yaml: empty there, or filled in by Kubernetes. */
const unset = ['global', 'agent.config.reasons', 'agent.config.codes', 'agent.updateStrategy.rollingUpdate.maxSurge']

test('the schema knows exactly the fields of values.yaml, and refuses every other', () => {
  const schema = JSON.parse(read('values.schema.json')) as Schema
  const declared = fieldsOf(schema)
  const given = leavesOf(parse(read('values.yaml')))
  const within = (inner: string, outer: string) => inner === outer || inner.startsWith(`${outer}.`)
  const unknown = given.filter((path) => !declared.some((one) => within(path, one) || within(one, path)))
  assert.deepEqual(unknown, [])
  assert.deepEqual(declared.filter((path) => !given.some((one) => within(one, path))).sort(), [...unset].sort())
})

/** Paths of the fields; what lies in a shared definition is compared by the name of the field alone. */
function fieldsOf(schema: Schema, path = ''): string[] {
  const { $ref, properties } = schema
  if ($ref !== undefined || properties === undefined) return [path]
  assert.equal(schema.additionalProperties, false, path)
  return Object.entries(properties).flatMap(([name, one]) => fieldsOf(one, path === '' ? name : `${path}.${name}`))
}

function leavesOf(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || Object.keys(value).length === 0)
    return [path]
  return Object.entries(value).flatMap(([name, one]) => leavesOf(one, path === '' ? name : `${path}.${name}`))
}
