/** The AWS SDK's own description of requests and answers, as far as a stand-in is held against it: names, types, what is required. */

/** A schema as the SDK's clients export them; `@smithy/types` documents the form. */
type Schema = number | readonly unknown[] | (() => Schema)

export type Operation = readonly unknown[]

/** What the first entry of a schema says it is. */
const kinds = { list: 1, map: 2, structure: 3, union: 4, operation: 9 } as const
/** Added to a simple type: a list of it, a map to it. */
const listOf = 64
const mapOf = 128

const types: Readonly<Record<number, string>> = { 0: 'string', 1: 'number', 2: 'boolean', 4: 'number' }

/** An operation's name, method, path template and shapes. Throws for anything else. */
export function readOperation(operation: Operation) {
  const [kind, , name, traits, input, output] = operation
  const [method, path] = (traits as { readonly http: readonly [string, string] }).http // every operation has it
  if (kind !== kinds.operation) throw new TypeError(`${String(name)} is no operation`)
  return { name: name as string, method, path, input: input as Schema, output: output as Schema }
}

/** The member of a request that a query parameter carries: `maxResults`. */
export function queryMember(schema: Schema, parameter: string): string | undefined {
  return membersOf(resolved(schema)).find(({ traits }) => traits.httpQuery === parameter)?.name
}

/** What is wrong with a value, each with its path; empty where it fits. */
export function complaints(schema: Schema, value: unknown, path: string): readonly string[] {
  const shape = resolved(schema)
  if (typeof shape === 'number') return simpleComplaints(shape, value, path)
  const [kind, , , , first, second] = shape
  switch (Math.abs(Number(kind))) {
    case 0:
      return complaints(first as Schema, value, path)
    case kinds.list:
      return each(value, path, (one, at) => complaints(memberSchema(first), one, at))
    case kinds.map:
      return each(value, path, (one, at) => complaints(memberSchema(second), one, at))
    case kinds.structure:
    case kinds.union:
      return structureComplaints(shape, value, path)
    default:
      return [`${path}: a shape that is not known here`]
  }
}

function simpleComplaints(shape: number, value: unknown, path: string): readonly string[] {
  for (const container of [mapOf, listOf]) {
    if (shape >= container) return each(value, path, (one, at) => simpleComplaints(shape - container, one, at))
  }
  const type = types[shape]
  if (type === undefined) return [`${path}: type ${shape} is not known here`]
  return [type, 'undefined'].includes(typeof value) ? [] : [`${path} is a ${typeof value}, not a ${type}`]
}

function structureComplaints(shape: readonly unknown[], value: unknown, path: string): readonly string[] {
  if (typeof value !== 'object' || value === null) return [`${path} is no structure`]
  const members = membersOf(shape)
  const required = members.slice(0, Number(shape[6] ?? 0))
  return [
    ...required.filter(({ name }) => !(name in value)).map(({ name }) => `${path}.${name} is required`),
    ...Object.entries(value).flatMap(([name, one]) => {
      const member = members.find((other) => other.name === name)
      return member ? complaints(member.schema, one, `${path}.${name}`) : [`${path}.${name} does not exist`]
    }),
  ]
}

function each(
  value: unknown,
  path: string,
  judge: (one: unknown, path: string) => readonly string[],
): readonly string[] {
  if (typeof value !== 'object' || value === null) return [`${path} holds nothing`]
  return Object.entries(value).flatMap(([name, one]) => judge(one, `${path}.${name}`))
}

interface Member {
  readonly name: string
  readonly schema: Schema
  readonly traits: { readonly httpQuery?: string }
}

function membersOf(shape: Schema): readonly Member[] {
  if (!Array.isArray(shape)) return []
  const [, , , , names, schemas] = shape
  return (names as readonly string[]).map((name, at) => {
    const member = (schemas as readonly unknown[])[at]
    const traits = hasTraits(member) && typeof member[1] === 'object' ? (member[1] as Member['traits']) : {}
    return { name, schema: memberSchema(member), traits }
  })
}

/** A member is a schema, or a schema beside its traits; a schema's second entry is its namespace. */
function hasTraits(member: unknown): member is readonly unknown[] {
  return Array.isArray(member) && typeof member[1] !== 'string'
}

function memberSchema(member: unknown): Schema {
  return (hasTraits(member) ? member[0] : member) as Schema
}

function resolved(schema: Schema): number | readonly unknown[] {
  return typeof schema === 'function' ? resolved(schema()) : schema
}
