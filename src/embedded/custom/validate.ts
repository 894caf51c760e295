/** Structural validation of a custom resource against its definition's schema. CEL rules are not evaluated. */
import { type Cause, duplicate, invalidValue, notSupported, required, typeInvalid } from '../failure.ts'
import { type ApiObject, canonical, isList, isObject, type Json, type JsonObject, sameJson } from '../json.ts'
import type { ServedKind } from '../kinds.ts'
import { branches, childSchema, isPlainNumber } from './structure.ts'

export function customCauses(kind: ServedKind, object: ApiObject): Cause[] {
  const schema = kind.custom?.schema
  if (!schema) return []
  const { metadata: _meta, ...rest } = object
  return valueCauses(schema, rest, '')
}

function valueCauses(schema: JsonObject, value: Json, path: string): Cause[] {
  if (value === null) {
    if (schema.nullable === true) return []
    return path === '' ? [] : [typeCause(schema, value, path)].filter((cause) => cause !== undefined)
  }
  const wrongType = typeCause(schema, value, path)
  if (wrongType) return [wrongType, ...fractionCauses(schema, value, path)]
  return [
    ...enumCauses(schema, value, path),
    ...branchCauses(schema, value, path),
    ...(typeof value === 'string' ? textCauses(schema, value, path) : []),
    ...(typeof value === 'number' ? numberCauses(schema, value, path) : []),
    ...(isList(value) ? listCauses(schema, value, path) : []),
    ...(isObject(value) ? objectCauses(schema, value, path) : []),
  ]
}

function typeCause(schema: JsonObject, value: Json, path: string): Cause | undefined {
  const shown = path === '' ? '<nil>' : path
  if (schema['x-kubernetes-int-or-string'] === true) {
    const fits = typeof value === 'string' || (typeof value === 'number' && Number.isInteger(value))
    return fits
      ? undefined
      : typeInvalid(shown, value, `${shown} in body must be of type integer,string: "${kindOf(value)}"`)
  }
  const type = schema.type
  if (typeof type !== 'string' || fitsType(type, value)) return undefined
  return typeInvalid(shown, value, `${shown} in body must be of type ${type}: "${kindOf(value)}"`)
}

/** A fraction where an integer belongs is reported by the format check as well. */
function fractionCauses(schema: JsonObject, value: Json, path: string): Cause[] {
  if (schema.type !== 'integer' || typeof value !== 'number') return []
  const detail = `Checked value must be of type integer (default format) in ${path}`
  return [invalidValue('<nil>', '', detail)]
}

function fitsType(type: string, value: Json): boolean {
  switch (type) {
    case 'object':
      return isObject(value)
    case 'array':
      return isList(value)
    case 'integer':
      return typeof value === 'number' && Number.isInteger(value)
    default:
      return typeof value === type
  }
}

function kindOf(value: Json): string {
  if (value === null) return 'null'
  if (isList(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

function enumCauses(schema: JsonObject, value: Json, path: string): Cause[] {
  const allowed = schema.enum
  if (!isList(allowed) || allowed.some((one) => sameJson(one, value))) return []
  return [notSupported(path, String(value), allowed.map(String))]
}

function branchCauses(schema: JsonObject, value: Json, path: string): Cause[] {
  const fits = (branch: JsonObject): boolean => valueCauses(branch, value, path).length === 0
  const causes = branches(schema, 'allOf').flatMap((branch) => valueCauses(branch, value, path))
  const any = branches(schema, 'anyOf')
  if (any.length > 0 && !any.some(fits)) {
    causes.push(invalidValue(path, '', `${quoted(path)} must validate at least one schema (anyOf)`))
  }
  const one = branches(schema, 'oneOf')
  if (one.length > 0 && one.filter(fits).length !== 1) {
    causes.push(invalidValue(path, '', `${quoted(path)} must validate one and only one schema (oneOf)`))
  }
  const not = schema.not
  if (isObject(not) && fits(not))
    causes.push(invalidValue(path, '', `${quoted(path)} must not validate the schema (not)`))
  return causes
}

const quoted = (path: string): string => JSON.stringify(path)

function textCauses(schema: JsonObject, value: string, path: string): Cause[] {
  const causes: Cause[] = []
  const { maxLength, minLength, pattern, format } = schema
  const length = [...value].length
  if (isPlainNumber(maxLength) && length > maxLength) {
    causes.push({
      reason: 'FieldValueTooLong',
      message: `Too long: may not be more than ${maxLength} bytes`,
      field: path,
    })
  }
  if (isPlainNumber(minLength) && length < minLength) {
    causes.push(invalidValue(path, value, `${path} in body should be at least ${minLength} chars long`))
  }
  // Only the first failure of the three is reported, as on the real server.
  if (causes.length === 0 && typeof pattern === 'string' && !new RegExp(pattern, 'u').test(value)) {
    causes.push(invalidValue(path, value, `${path} in body should match '${pattern}'`))
  }
  if (format === 'date-time' && Number.isNaN(Date.parse(value))) {
    causes.push(invalidValue(path, value, `${path} in body must be of type date-time: ${JSON.stringify(value)}`))
  }
  return causes
}

function numberCauses(schema: JsonObject, value: number, path: string): Cause[] {
  const { minimum, maximum, multipleOf, exclusiveMinimum, exclusiveMaximum } = schema
  const causes: Cause[] = []
  if (isPlainNumber(minimum) && (exclusiveMinimum === true ? value <= minimum : value < minimum)) {
    const word = exclusiveMinimum === true ? 'greater than' : 'greater than or equal to'
    causes.push(invalidValue(path, value, `${path} in body should be ${word} ${minimum}`))
  }
  if (isPlainNumber(maximum) && (exclusiveMaximum === true ? value >= maximum : value > maximum)) {
    const word = exclusiveMaximum === true ? 'less than' : 'less than or equal to'
    causes.push(invalidValue(path, value, `${path} in body should be ${word} ${maximum}`))
  }
  if (isPlainNumber(multipleOf) && value % multipleOf !== 0) {
    causes.push(invalidValue(path, value, `${path} in body should be a multiple of ${multipleOf}`))
  }
  return causes
}

function listCauses(schema: JsonObject, value: readonly Json[], path: string): Cause[] {
  const causes: Cause[] = []
  const { maxItems, minItems, items } = schema
  if (isPlainNumber(maxItems) && value.length > maxItems) {
    const message = `Too many: ${value.length}: must have at most ${maxItems} items`
    causes.push({ reason: 'FieldValueTooMany', message, field: path })
  }
  if (isPlainNumber(minItems) && value.length < minItems) {
    causes.push(invalidValue(path, value.length, `${path} in body should have at least ${minItems} items`))
  }
  causes.push(...repeatCauses(schema, value, path))
  if (isObject(items)) causes.push(...value.flatMap((entry, index) => valueCauses(items, entry, `${path}[${index}]`)))
  return causes
}

/** Sets and keyed lists hold each element once. */
function repeatCauses(schema: JsonObject, value: readonly Json[], path: string): Cause[] {
  const relation = schema['x-kubernetes-list-type']
  if (relation !== 'set' && relation !== 'map') return []
  const keys = isList(schema['x-kubernetes-list-map-keys']) ? schema['x-kubernetes-list-map-keys'].map(String) : []
  const seen = new Set<string>()
  return value.flatMap((entry, index) => {
    const identity = relation === 'set' || !isObject(entry) ? entry : keyFields(entry, keys)
    const text = canonical(identity)
    if (seen.has(text)) return [duplicate(`${path}[${index}]`, identity)]
    seen.add(text)
    return []
  })
}

function keyFields(entry: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(keys.map((key) => [key, entry[key]]))
}

function objectCauses(schema: JsonObject, value: JsonObject, path: string): Cause[] {
  const causes: Cause[] = []
  const join = (name: string): string => (path === '' ? name : `${path}.${name}`)
  const needed = schema.required
  for (const name of isList(needed) ? needed.map(String) : []) {
    if (value[name] === undefined) causes.push(required(join(name)))
  }
  const { maxProperties, minProperties } = schema
  const count = Object.keys(value).length
  if (isPlainNumber(maxProperties) && count > maxProperties) {
    const message = `Too many: ${count}: must have at most ${maxProperties} items`
    causes.push({ reason: 'FieldValueTooMany', message, field: path })
  }
  if (isPlainNumber(minProperties) && count < minProperties) {
    causes.push(invalidValue(path, count, `${path} in body should have at least ${minProperties} properties`))
  }
  for (const [name, entry] of Object.entries(value)) {
    const child = childSchema(schema, name)
    if (child && entry !== undefined) causes.push(...valueCauses(child, entry, join(name)))
  }
  return causes
}
