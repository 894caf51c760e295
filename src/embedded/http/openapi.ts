/** OpenAPI v3 documents made from the shapes: enough for `kubectl explain` and its query-parameter checks. */
import type { Json, JsonObject } from '../json.ts'
import { groupVersion, type KindTable, type ServedKind } from '../kinds.ts'
import type { Scalar, Shape, StructShape } from '../schema/shape.ts'
import { groupVersions } from './discovery.ts'

const pathOf = (gv: string): string => (gv.includes('/') ? `apis/${gv}` : `api/${gv}`)

/** `GET /openapi/v3`. */
export function openApiIndex(kinds: KindTable): JsonObject {
  const paths: Record<string, JsonObject> = {}
  for (const gv of groupVersions(kinds)) {
    paths[pathOf(gv)] = { serverRelativeURL: `/openapi/v3/${pathOf(gv)}` }
  }
  return { paths }
}

/** `GET /openapi/v3/apis/<group>/<version>`; undefined when nothing is served there. */
export function openApiDocument(kinds: KindTable, path: string): JsonObject | undefined {
  const served = kinds.all().filter((kind) => pathOf(groupVersion(kind)) === path)
  if (served.length === 0) return undefined
  const schemas: Record<string, JsonObject> = {}
  const paths: Record<string, JsonObject> = {}
  for (const kind of served) {
    schemas[schemaName(kind)] = { ...describe(kind, schemas), 'x-kubernetes-group-version-kind': [kindName(kind)] }
    const base = `/${path}/${kind.namespaced ? 'namespaces/{namespace}/' : ''}${kind.plural}`
    paths[base] = { post: operation(kind, 'post') }
    paths[`${base}/{name}`] = {
      get: operation(kind, 'get'),
      put: operation(kind, 'put'),
      patch: operation(kind, 'patch'),
      delete: operation(kind, 'delete'),
    }
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Nodemend embedded API server', version: 'v1.36.3' },
    paths,
    components: { schemas },
  }
}

function kindName(kind: ServedKind): JsonObject {
  return { group: kind.group, kind: kind.kind, version: kind.version }
}

function schemaName(kind: ServedKind): string {
  return `${kind.group.split('.').reverse().join('.') || 'io.k8s.api.core'}.${kind.version}.${kind.kind}`
}

function operation(kind: ServedKind, verb: string): JsonObject {
  const parameters = ['dryRun', 'fieldManager', 'fieldValidation', ...(verb === 'patch' ? ['force'] : [])].map(
    (name) => ({
      name,
      in: 'query',
      schema: { type: name === 'force' ? 'boolean' : 'string', uniqueItems: true },
    }),
  )
  const schema = { $ref: `#/components/schemas/${schemaName(kind)}` }
  return {
    ...(verb === 'get' || verb === 'delete' ? {} : { parameters }),
    responses: { '200': { description: 'OK', content: { 'application/json': { schema } } } },
    'x-kubernetes-action': verb,
    'x-kubernetes-group-version-kind': kindName(kind),
  }
}

function describe(kind: ServedKind, schemas: Record<string, JsonObject>): JsonObject {
  const { schema } = kind.custom ?? {}
  if (!schema) return structSchema(kind.shape, schemas)
  const properties = schema.properties
  return {
    ...schema,
    properties: {
      ...(properties as JsonObject),
      metadata: reference(kind.shape.fields.get('metadata')?.shape, schemas),
    },
  }
}

function reference(shape: Shape | undefined, schemas: Record<string, JsonObject>): JsonObject {
  if (!shape) return { type: 'object' }
  if (shape.is !== 'struct' || shape.name === 'object') return shapeSchema(shape, schemas)
  const name = `io.k8s.nodemend.${shape.name}`
  if (!(name in schemas)) {
    schemas[name] = {} // a placeholder, because a type may refer to itself
    schemas[name] = structSchema(shape, schemas)
  }
  return { allOf: [{ $ref: `#/components/schemas/${name}` }] }
}

function structSchema(shape: StructShape, schemas: Record<string, JsonObject>): JsonObject {
  const properties: Record<string, Json> = {}
  for (const [name, field] of shape.fields) properties[name] = reference(field.shape, schemas)
  return { type: 'object', properties }
}

function shapeSchema(shape: Shape, schemas: Record<string, JsonObject>): JsonObject {
  switch (shape.is) {
    case 'struct':
      return structSchema(shape, schemas)
    case 'map':
      return { type: 'object', additionalProperties: reference(shape.of, schemas) }
    case 'list':
      return {
        type: 'array',
        items: reference(shape.of, schemas),
        'x-kubernetes-list-type': shape.relation,
        ...(shape.keys.length > 0 ? { 'x-kubernetes-list-map-keys': shape.keys } : {}),
      }
    case 'any':
      return { 'x-kubernetes-preserve-unknown-fields': true }
    case 'scalar':
      return scalarSchema(shape.scalar)
  }
}

function scalarSchema(scalar: Scalar): JsonObject {
  switch (scalar) {
    case 'integer':
    case 'number':
    case 'boolean':
      return { type: scalar }
    case 'time':
    case 'microtime':
      return { type: 'string', format: 'date-time' }
    case 'int-or-string':
      return { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] }
    case 'bytes':
      return { type: 'string', format: 'byte' }
    case 'quantity':
    case 'string':
      return { type: 'string' }
  }
}
