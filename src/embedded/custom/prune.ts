/** Reads a body as a custom resource: metadata decoded, unknown fields pruned, defaults filled in. */
import { isList, isObject, type Json, type JsonObject } from '../json.ts'
import type { ServedKind } from '../kinds.ts'
import type { Decoded } from '../schema/decode.ts'
import { decodeMetadata } from '../schema/metadata.ts'
import { childSchema, keepsUnknown } from './structure.ts'

const ownFields = ['apiVersion', 'kind', 'metadata']

export function pruneCustom(kind: ServedKind, body: JsonObject): Decoded {
  const unknown: string[] = []
  const { schema } = kind.custom ?? {}
  const rest = Object.fromEntries(Object.entries(body).filter(([name]) => !ownFields.includes(name))) as JsonObject
  const pruned = schema ? defaulted(schema, pruneValue(schema, rest, '', unknown)) : rest
  const content = isObject(pruned) ? pruned : {}
  const { metadata: _m, apiVersion: _v, kind: _k, ...fields } = content
  return { value: { ...fields, metadata: decodeMetadata(body.metadata, kind.kind, kind.version) }, unknown }
}

function pruneValue(schema: JsonObject, value: Json, path: string, unknown: string[]): Json {
  if (isList(value)) {
    const items = schema.items
    return isObject(items) ? value.map((entry, index) => pruneValue(items, entry, `${path}[${index}]`, unknown)) : value
  }
  if (!isObject(value)) return value
  const embedded = schema['x-kubernetes-embedded-resource'] === true
  const out: Record<string, Json> = {}
  for (const [name, entry] of Object.entries(value)) {
    if (entry === undefined) continue
    const child = childSchema(schema, name)
    const here = path === '' ? name : `${path}.${name}`
    if (child) {
      // A null where the schema gives a default and forbids null counts as absent.
      if (entry === null && child.default !== undefined && child.nullable !== true) continue
      out[name] = pruneValue(child, entry, here, unknown)
    } else if (keepsUnknown(schema) || (embedded && ownFields.includes(name))) out[name] = entry
    else unknown.push(here)
  }
  return out
}

function defaulted(schema: JsonObject, value: Json): Json {
  if (isList(value)) {
    const items = schema.items
    return isObject(items) ? value.map((entry) => defaulted(items, entry)) : value
  }
  if (!isObject(value)) return value
  const out: Record<string, Json> = {}
  for (const [name, entry] of Object.entries(value)) {
    const child = childSchema(schema, name)
    if (entry !== undefined) out[name] = child ? defaulted(child, entry) : entry
  }
  const properties = schema.properties
  for (const [name, property] of Object.entries(isObject(properties) ? properties : {})) {
    if (!isObject(property) || out[name] !== undefined) continue
    const fallback = property.default
    if (fallback !== undefined) out[name] = defaulted(property, fallback)
  }
  return out
}
