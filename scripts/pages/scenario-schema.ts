/** The JSON schema of scenario files, for editors: each document of a file is one of its three forms. */
import * as z from 'zod'
import { policySpec } from '../../src/repair/policy/schema.ts'
import { defaultsSchema, policyDocument, scenarioSchema } from '../../src/simulate/scenario/schema.ts'

type Schema = z.core.JSONSchema.BaseSchema

const farEnd = Number.MAX_SAFE_INTEGER
const policy = { $ref: '#/$defs/policy' }

/** docs/reference/scenario.schema.json; keys in the order in which the schema names them. */
export function scenarioJsonSchema(): object {
  const scenarioForm = schemaOf(scenarioSchema)
  const event = (propertyOf(scenarioForm, 'timeline').items ?? {}) as Schema // a list of one form
  propertyOf(scenarioForm, 'policies').additionalProperties = policy
  propertyOf(event, 'policies').additionalProperties = { anyOf: [policy, { type: 'null' }] }
  const defaultsForm = schemaOf(defaultsSchema)
  Object.assign(propertyOf(propertyOf(defaultsForm, 'defaults'), 'policy'), policy)
  const documentForm = schemaOf(policyDocument)
  Object.assign(propertyOf(documentForm, 'spec'), policy)
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'A document of a scenario file of nodemend policy test',
    anyOf: [scenarioForm, defaultsForm, documentForm],
    $defs: { policy: policyForm() },
  }
}

/** A policy of which any field may be missing, or null: it is laid over another one. */
function policyForm(): Schema {
  const { properties = {}, ...rest } = schemaOf(policySpec.partial())
  const fields = Object.entries(properties).map(([name, field]) => [name, { anyOf: [field, { type: 'null' }] }])
  return { ...rest, properties: Object.fromEntries(fields), additionalProperties: false }
}

function schemaOf(schema: z.ZodType): Schema {
  const { $schema: _told, ...rest } = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io: 'input',
    override({ jsonSchema }) {
      if (jsonSchema.maximum === farEnd) delete jsonSchema.maximum // zod's bound of an integer says nothing to people
    },
  })
  return rest
}

function propertyOf(schema: Schema, name: string): Schema {
  return (schema.properties?.[name] ?? {}) as Schema // every property of these forms is a schema of its own
}
