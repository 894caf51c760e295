/** The shape of a custom resource, from the OpenAPI schema of its definition. */
import { isObject, type Json, type JsonObject, listAt } from '../json.ts'
import { anyShape, type Field, type Shape, type StructShape } from '../schema/shape.ts'
import { builtinType } from '../schema/types.ts'

/** The root: `metadata` is every object's own, whatever the schema says. */
export function rootShape(kind: string, schema: JsonObject | undefined): StructShape {
  const inner = schema ? shapeOf(schema) : anyShape
  const fields = new Map(inner.is === 'struct' ? inner.fields : [])
  const known = (name: string, shape: Shape): void => {
    fields.set(name, { shape, always: false, pointer: true })
  }
  known('apiVersion', { is: 'scalar', scalar: 'string' })
  known('kind', { is: 'scalar', scalar: 'string' })
  known('metadata', builtinType('ObjectMeta'))
  return {
    is: 'struct',
    name: kind,
    fields,
    atomic: false,
    open: inner.is === 'any' || (inner.is === 'struct' && inner.open),
  }
}

export function shapeOf(schema: JsonObject): Shape {
  if (schema['x-kubernetes-int-or-string'] === true) return { is: 'scalar', scalar: 'int-or-string' }
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true
  const atomic = schema['x-kubernetes-map-type'] === 'atomic'
  switch (schema.type) {
    case 'object': {
      const properties = schema.properties
      const additional = schema.additionalProperties
      if (isObject(properties)) return structOf(properties, { open, atomic })
      if (isObject(additional)) return { is: 'map', of: shapeOf(additional), atomic }
      if (additional === true || open) return atomic ? { is: 'map', of: anyShape, atomic } : anyShape
      return structOf({}, { open, atomic })
    }
    case 'array':
      return listOf(schema)
    case 'string':
    case 'integer':
    case 'number':
    case 'boolean':
      return { is: 'scalar', scalar: schema.type }
    default:
      return anyShape
  }
}

function structOf(properties: JsonObject, marks: { readonly open: boolean; readonly atomic: boolean }): StructShape {
  const fields = new Map<string, Field>()
  for (const [name, property] of Object.entries(properties)) {
    if (!isObject(property)) continue
    const fallback = property.default
    fields.set(name, {
      shape: shapeOf(property),
      always: false,
      pointer: true,
      ...(typeof fallback === 'string' ? { fallback } : {}),
    })
  }
  return { is: 'struct', name: 'object', fields, ...marks }
}

function listOf(schema: JsonObject): Shape {
  const items = schema.items
  const of = isObject(items) ? shapeOf(items) : anyShape
  const relation = schema['x-kubernetes-list-type']
  const keys = schema['x-kubernetes-list-map-keys']
  return {
    is: 'list',
    of,
    relation: relation === 'map' || relation === 'set' ? relation : 'atomic',
    keys: Array.isArray(keys) ? keys.map(String) : [],
  }
}

/** The property schema of a field, through `properties` or `additionalProperties`. */
export function childSchema(schema: JsonObject | undefined, name: string): JsonObject | undefined {
  const properties = schema?.properties
  const property = isObject(properties) ? properties[name] : undefined
  if (isObject(property)) return property
  const additional = schema?.additionalProperties
  return isObject(additional) ? additional : undefined
}

/** True when a field the schema does not name is kept. */
export function keepsUnknown(schema: JsonObject): boolean {
  return schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties === true
}

/** The alternatives of `anyOf`, `oneOf` or `allOf`. */
export function branches(schema: JsonObject, keyword: 'anyOf' | 'oneOf' | 'allOf'): readonly JsonObject[] {
  return listAt(schema, keyword)
}

export function isPlainNumber(value: Json | undefined): value is number {
  return typeof value === 'number'
}
