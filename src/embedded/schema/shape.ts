/**
 * The form of a kind. Built-in kinds come from the notation in `types/`, custom resources
 * from their OpenAPI schema (custom/structure.ts); decoding, ownership, merging and explaining all read this one form.
 */

export type Scalar =
  | 'string'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'quantity'
  | 'time'
  | 'microtime'
  | 'int-or-string'
  | 'bytes'

/** How a built-in field is written: `~` even when empty, `?` zero kept when given. Custom resources keep all. */
export interface Field {
  readonly shape: Shape
  readonly always: boolean
  readonly pointer: boolean
  readonly fallback?: string
  /** Protobuf field numbers from the message to the field; two where Go inlines a struct. */
  readonly wire?: readonly number[]
}

export interface StructShape {
  readonly is: 'struct'
  readonly name: string
  readonly fields: ReadonlyMap<string, Field>
  /** One owner for the whole. */
  readonly atomic: boolean
  /** Unknown fields are kept (custom resources that ask for it). */
  readonly open: boolean
}

export interface MapShape {
  readonly is: 'map'
  readonly of: Shape
  readonly atomic: boolean
}

export interface ListShape {
  readonly is: 'list'
  readonly of: Shape
  readonly relation: 'atomic' | 'set' | 'map'
  /** Fields that identify an element, for relation `map`. */
  readonly keys: readonly string[]
  /** Strategic merge: undefined replaces the list; '' merges scalars; else the merge key. */
  readonly mergeKey?: string
}

export interface ScalarShape {
  readonly is: 'scalar'
  readonly scalar: Scalar
}

/** Anything goes; ownership is deduced from the value (maps granular, lists atomic). */
export interface AnyShape {
  readonly is: 'any'
}

export type Shape = StructShape | MapShape | ListShape | ScalarShape | AnyShape

export const anyShape: AnyShape = { is: 'any' }

/** The shape of a field of `shape`: a struct's field, a map's element, or `any`. Undefined: no such field. */
export function fieldShape(shape: Shape, name: string): Shape | undefined {
  if (shape.is === 'struct') return shape.fields.get(name)?.shape ?? (shape.open ? anyShape : undefined)
  if (shape.is === 'map') return shape.of
  return shape.is === 'any' ? anyShape : undefined
}
