/**
 * Reads a body as a built-in type, as the real server's Go decoder does: unknown fields are dropped and reported,
 * wrong types refuse the body, empty values are left out or filled in as the type's serialisation would.
 */
import { badRequest } from '../failure.ts'
import { isList, isObject, type Json, type JsonObject } from '../json.ts'
import { canonicalQuantity } from './quantity.ts'
import type { Field, Scalar, Shape, StructShape } from './shape.ts'

export interface Decoded {
  readonly value: JsonObject
  /** Paths of fields the type does not have, e.g. `spec.foo`. */
  readonly unknown: readonly string[]
}

interface Walk {
  readonly subject: string
  readonly unknown: string[]
}

/** Decodes `body` as `shape`; throws 400 when a value has the wrong type. */
export function decode(shape: StructShape, body: Json, kind: string, version: string): Decoded {
  if (!isObject(body)) throw badRequest(`couldn't get version/kind; json parse error: json: cannot unmarshal value`)
  const walk: Walk = { subject: `${kind} in version "${version}" cannot be handled as a ${kind}`, unknown: [] }
  return { value: decodeStruct(shape, body, '', walk), unknown: walk.unknown }
}

function decodeStruct(shape: StructShape, value: JsonObject, path: string, walk: Walk): JsonObject {
  const out: Record<string, Json> = {}
  for (const [name, entry] of Object.entries(value)) {
    const field = shape.fields.get(name)
    const here = path === '' ? name : `${path}.${name}`
    if (!field) {
      walk.unknown.push(here)
      if (shape.open && entry !== undefined) out[name] = entry
      continue
    }
    if (entry === undefined || entry === null) continue
    const decoded = decodeValue(field.shape, entry, here, { walk, owner: shape.name })
    if (field.always || !isZero(decoded, field)) out[name] = decoded
  }
  for (const [name, field] of shape.fields) {
    if (out[name] !== undefined) continue
    if (field.fallback !== undefined) out[name] = field.fallback
    else if (field.always) out[name] = field.pointer ? null : zeroOf(field.shape, path, walk)
  }
  return out
}

interface Place {
  readonly walk: Walk
  readonly owner: string
}

function decodeValue(shape: Shape, value: Json, path: string, place: Place): Json {
  switch (shape.is) {
    case 'any':
      return value
    case 'scalar':
      return decodeScalar(shape.scalar, value, path, place)
    case 'list':
      if (!isList(value)) throw mismatch(value, path, `[]${goType(shape.of)}`, place)
      return value.map((entry, index) => decodeElement(shape.of, entry, `${path}[${index}]`, place))
    case 'map': {
      if (!isObject(value)) throw mismatch(value, path, `map[string]${goType(shape.of)}`, place)
      const entries = Object.entries(value).map(([key, entry]) => [
        key,
        decodeElement(shape.of, entry ?? null, `${path}.${key}`, place),
      ])
      return Object.fromEntries(entries) as JsonObject // values came out of decodeElement
    }
    case 'struct':
      if (!isObject(value)) throw mismatch(value, path, goType(shape), place)
      return decodeStruct(shape, value, path, place.walk)
  }
}

/** Elements of lists and maps keep their zero: a null string is the empty string. */
function decodeElement(shape: Shape, value: Json, path: string, place: Place): Json {
  return value === null ? zeroOf(shape, path, place.walk) : decodeValue(shape, value, path, place)
}

function decodeScalar(scalar: Scalar, value: Json, path: string, place: Place): Json {
  switch (scalar) {
    case 'string':
    case 'bytes':
      if (typeof value !== 'string') throw mismatch(value, path, scalar === 'string' ? 'string' : '[]uint8', place)
      return value
    case 'integer':
      if (typeof value !== 'number' || !Number.isInteger(value)) throw mismatch(value, path, 'int32', place)
      return value
    case 'number':
      if (typeof value !== 'number') throw mismatch(value, path, 'float64', place)
      return value
    case 'boolean':
      if (typeof value !== 'boolean') throw mismatch(value, path, 'bool', place)
      return value
    case 'int-or-string':
      if (typeof value !== 'string' && typeof value !== 'number') throw mismatch(value, path, 'int32', place)
      return value
    case 'quantity': {
      const text = canonicalQuantity(String(value))
      if (text === undefined || (typeof value !== 'string' && typeof value !== 'number')) throw notQuantity(place)
      return text
    }
    case 'time':
    case 'microtime':
      return decodeTime(value, scalar === 'microtime', place)
  }
}

function decodeTime(value: Json, micro: boolean, place: Place): string {
  const form = micro ? /^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{6}(Z|[+-]\d\d:\d\d)$/ : /^\d{4}-\d\d-\d\dT/
  const parsed = typeof value === 'string' && form.test(value) ? Date.parse(value) : Number.NaN
  if (typeof value !== 'string' || Number.isNaN(parsed)) {
    const layout = micro ? '2006-01-02T15:04:05.000000Z07:00' : '2006-01-02T15:04:05Z07:00'
    const text = JSON.stringify(value)
    throw badRequest(
      `${place.walk.subject}: parsing time ${JSON.stringify(text)} as ${JSON.stringify(layout)}: cannot parse`,
    )
  }
  const seconds = new Date(parsed).toISOString().slice(0, 19)
  if (!micro) return `${seconds}Z`
  const fraction = /\.(\d+)/.exec(value)?.[1] ?? ''
  return `${seconds}.${fraction.slice(0, 6).padEnd(6, '0')}Z`
}

function notQuantity(place: Place): Error {
  const form = "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
  return badRequest(`${place.walk.subject}: quantities must match the regular expression ${form}`)
}

function mismatch(value: Json, path: string, wanted: string, place: Place): Error {
  const got = isList(value) ? 'array' : isObject(value) ? 'object' : typeof value === 'boolean' ? 'bool' : typeof value
  const shown = typeof value === 'number' && wanted !== 'string' ? `number ${value}` : got
  const field = `${place.owner}.${path.replaceAll(/\[\d+\]/g, '')}`
  return badRequest(
    `${place.walk.subject}: json: cannot unmarshal ${shown} into Go struct field ${field} of type ${wanted}`,
  )
}

function goType(shape: Shape): string {
  if (shape.is === 'struct') return `v1.${shape.name}`
  if (shape.is === 'list') return `[]${goType(shape.of)}`
  if (shape.is === 'map') return `map[string]${goType(shape.of)}`
  if (shape.is === 'any') return 'interface {}'
  return shape.scalar === 'boolean' ? 'bool' : shape.scalar === 'integer' ? 'int32' : 'string'
}

/** A value that Go's `omitempty` leaves out; a pointer keeps every value that was given. */
function isZero(value: Json, field: Field): boolean {
  if (isList(value)) return value.length === 0
  if (isObject(value)) return field.shape.is === 'map' && Object.keys(value).length === 0
  if (field.pointer) return false
  return value === '' || value === 0 || value === false || value === null
}

function zeroOf(shape: Shape, path: string, walk: Walk): Json {
  if (shape.is === 'struct') return decodeStruct(shape, {}, path, walk)
  if (shape.is === 'list' || shape.is === 'map' || shape.is === 'any') return null
  switch (shape.scalar) {
    case 'integer':
    case 'number':
    case 'int-or-string':
      return 0
    case 'boolean':
      return false
    case 'quantity':
      return '0'
    case 'time':
    case 'microtime':
      return null
    case 'string':
    case 'bytes':
      return ''
  }
}
