/** From a request body to an object of the kind: decoded, pruned, defaulted. */
import type { ObjectAddress, WriteOptions } from './cluster.ts'
import { pruneCustom } from './custom/prune.ts'
import { badRequest } from './failure.ts'
import { type ApiMeta, type ApiObject, isObject, type Json, type JsonObject } from './json.ts'
import { groupVersion, type ServedKind } from './kinds.ts'
import { rulesOf } from './rules/table.ts'
import { decode } from './schema/decode.ts'

/** Decodes a whole object. Throws 400 on a wrong kind, a wrong type, or (Strict) an unknown field. */
export function prepare(kind: ServedKind, body: Json, options: WriteOptions): ApiObject {
  const sent = checkKind(kind, body)
  const { value, unknown } = kind.custom ? pruneCustom(kind, sent) : decode(kind.shape, sent, kind.kind, kind.version)
  const warnings = unknown.map((path) => `unknown field "${path}"`)
  if (options.fieldValidation === 'Strict' && warnings.length > 0) throw strictFailure(kind, warnings)
  if (options.fieldValidation === 'Warn') for (const warning of warnings) options.warn(warning)
  const object = asApiObject(kind, value)
  return rulesOf(kind).defaults?.(object) ?? object
}

function strictFailure(kind: ServedKind, errors: readonly string[]): Error {
  const what = `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}`
  return badRequest(`${what}: strict decoding error: ${errors.join(', ')}`)
}

/** Throws 400 when kind or version differ from the path's; a built-in body may leave them out. */
export function checkKind(kind: ServedKind, body: Json): JsonObject {
  if (!isObject(body)) throw badRequest('the object provided is unrecognized (must be of type Object)')
  const version = body.apiVersion
  const name = body.kind
  if (kind.custom && name === undefined) {
    throw badRequest(`Object 'Kind' is missing in '${JSON.stringify(body)}'`)
  }
  const wrongVersion = version !== undefined && version !== groupVersion(kind)
  if (wrongVersion && (kind.custom || name === kind.kind || name === undefined)) {
    throw badRequest(
      `the API version in the data (${String(version)}) does not match the expected API version (${groupVersion(kind)})`,
    )
  }
  if (wrongVersion || (name !== undefined && name !== kind.kind)) {
    throw badRequest(
      `${String(name)} in version "${kind.version}" cannot be handled as a ${kind.kind}: no kind "${String(name)}" is registered for version "${String(version)}" in scheme "pkg/api/legacyscheme/scheme.go:30"`,
    )
  }
  return body
}

function asApiObject(kind: ServedKind, value: JsonObject): ApiObject {
  const meta = value.metadata
  const metadata = isObject(meta) ? (meta as ApiMeta) : { name: '' } // decoded as ObjectMeta; an absent name is refused later
  return {
    ...value,
    apiVersion: groupVersion(kind),
    kind: kind.kind,
    metadata: { ...metadata, name: metadata.name ?? '' },
  }
}

/** The object in the kind's version: all versions of a kind hold the same fields (conversion `None`). */
export function inVersion(kind: ServedKind, object: ApiObject): ApiObject {
  const apiVersion = groupVersion(kind)
  return object.apiVersion === apiVersion ? object : { ...object, apiVersion }
}

/** Fills in the path's name; throws 400 when the body has another. */
export function nameFromPath(object: ApiObject, address: ObjectAddress): ApiObject {
  const { name, namespace } = object.metadata
  if (name !== '' && name !== address.name) {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${address.name})`)
  }
  if (namespace !== undefined && address.namespace !== undefined && namespace !== address.namespace) {
    throw badRequest(
      `the namespace of the object (${namespace}) does not match the namespace on the URL (${address.namespace})`,
    )
  }
  return withPlace(object, address.name, address.namespace)
}

export function withPlace(object: ApiObject, name: string, namespace: string | undefined): ApiObject {
  const { namespace: _old, ...rest } = object.metadata
  return { ...object, metadata: { ...rest, name, ...(namespace === undefined ? {} : { namespace }) } as ApiMeta }
}
