import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stringify } from 'yaml'
import { checkGolden } from '../../../test/golden.ts'
import { definitions } from './definitions.ts'

test('the CRDs are as reviewed', () => {
  checkGolden(
    'crds.yaml',
    definitions()
      .map((crd) => stringify(crd, { lineWidth: 0 }))
      .join('---\n'),
  )
})

test('the schemas are structural: every node has a type, and no unions, references or unsafe bounds', () => {
  for (const crd of definitions()) {
    for (const version of crd.spec.versions) walk(version.schema.openAPIV3Schema, crd.metadata.name ?? '')
  }
})

function walk(schema: Readonly<Record<string, unknown>>, path: string): void {
  for (const key of ['oneOf', 'anyOf', 'allOf', 'not', '$ref', '$schema', 'propertyNames', 'const']) {
    assert.ok(!(key in schema), `${path} has ${key}`)
  }
  assert.equal(typeof schema.type, 'string', `${path} has no type`)
  assert.ok(schema.maximum !== Number.MAX_SAFE_INTEGER, `${path} has a bound that nobody meant`)
  const properties = (schema.properties ?? {}) as Record<string, Record<string, unknown>> // a schema, by its form
  for (const [name, property] of Object.entries(properties)) walk(property, `${path}.${name}`)
  for (const key of ['items', 'additionalProperties']) {
    const inner = schema[key]
    if (typeof inner === 'object' && inner !== null) walk(inner as Record<string, unknown>, `${path}[]`)
  }
}
