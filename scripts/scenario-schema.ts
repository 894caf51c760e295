/** The JSON schema of scenario files, for editors: each document of a file is one of its three forms. */
import * as z from 'zod'
import { defaultsSchema, policyDocument, scenarioSchema } from '../src/simulate/scenario/schema.ts'

const farEnd = Number.MAX_SAFE_INTEGER

/** docs/reference/scenario.schema.json; keys in the order in which the schema names them. */
export function scenarioJsonSchema(): object {
  const schema = z.toJSONSchema(z.union([scenarioSchema, defaultsSchema, policyDocument]), {
    target: 'draft-2020-12',
    io: 'input',
    override({ jsonSchema }) {
      if (jsonSchema.maximum === farEnd) delete jsonSchema.maximum // zod's bound of an integer says nothing to people
    },
  })
  return { title: 'A document of a scenario file of nodemend policy test', ...schema }
}
