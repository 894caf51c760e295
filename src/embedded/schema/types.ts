/**
 * The built-in types. Notation, one type per entry: `Name: field type, field type`.
 * `Name` another type; `[T marks]` a list, atomic unless marked `set` or `map:key+key`, strategic merge when marked
 * `merge:key`; `{T}` a map; a leading `!` makes a type or field atomic. Suffixes: `~` written even when empty, `?` a
 * pointer (a given zero is kept), `=x` defaulted to x, `@2.1` the protobuf field number (inside field 2).
 */
import { anyShape, type Field, type Scalar, type Shape, type StructShape } from './shape.ts'
import { apiextensionsTypes } from './types/apiextensions.ts'
import { appsTypes } from './types/apps.ts'
import { authenticationTypes } from './types/authentication.ts'
import { authorizationTypes } from './types/authorization.ts'
import { coordinationTypes } from './types/coordination.ts'
import { metaTypes } from './types/meta.ts'
import { nodeTypes } from './types/node.ts'
import { podTypes } from './types/pod.ts'
import { policyTypes } from './types/policy.ts'
import { storageTypes } from './types/storage.ts'

type Mutable = { -readonly [K in keyof StructShape]: StructShape[K] } & { fields: Map<string, Field> }

/** Parses the notation; types may refer to each other in any order and in circles. */
export function parseTypes(...texts: readonly string[]): ReadonlyMap<string, StructShape> {
  const structs = new Map<string, Mutable>()
  const bodies = new Map<string, string>()
  for (const entry of texts.join('').split(/\n(?=\S)/)) {
    const [, atomic, name, body] = /^\s*(!?)(\w+):([\s\S]*)$/.exec(entry) ?? []
    if (name === undefined || body === undefined) continue
    structs.set(name, { is: 'struct', name, fields: new Map(), atomic: atomic === '!', open: false })
    bodies.set(name, body)
  }
  for (const [name, struct] of structs) {
    for (const text of (bodies.get(name) ?? '').split(/,\s+/)) {
      const [, field, type, pointer, always, , fallback, , wire] =
        /^\s*(\S+) (!?[[{].*[\]}]|[!\w-]+)(\??)(~?)(=(.*?))?(@([\d.]+))?\s*$/.exec(text) ?? []
      if (field === undefined || type === undefined) continue
      struct.fields.set(field, {
        shape: parseType(type, structs),
        always: always === '~',
        pointer: pointer === '?',
        ...(fallback === undefined ? {} : { fallback }),
        ...(wire === undefined ? {} : { wire: wire.split('.').map(Number) }),
      })
    }
  }
  return structs
}

function parseType(text: string, structs: ReadonlyMap<string, StructShape>): Shape {
  const atomic = text.startsWith('!')
  const type = atomic ? text.slice(1) : text
  if (type.startsWith('{')) return { is: 'map', of: parseType(type.slice(1, -1), structs), atomic }
  if (type.startsWith('[')) return parseList(type.slice(1, -1), structs)
  if (type === 'any') return anyShape
  if (!/^[A-Z]/.test(type)) return { is: 'scalar', scalar: type as Scalar } // the generator writes no other words
  const struct = structs.get(type)
  if (!struct) throw new Error(`type notation names ${type}, which is not defined`)
  return atomic ? { ...struct, atomic: true } : struct
}

function parseList(text: string, structs: ReadonlyMap<string, StructShape>): Shape {
  const [element = '', ...marks] = text.split(' ')
  const keys =
    marks
      .find((mark) => mark.startsWith('map:'))
      ?.slice(4)
      .split('+') ?? []
  const merge = marks.find((mark) => mark.startsWith('merge:'))?.slice(6)
  return {
    is: 'list',
    of: parseType(element, structs),
    relation: keys.length > 0 ? 'map' : marks.includes('set') ? 'set' : 'atomic',
    keys,
    ...(merge === undefined ? {} : { mergeKey: merge }),
  }
}

const builtin = parseTypes(
  metaTypes,
  nodeTypes,
  podTypes,
  appsTypes,
  policyTypes,
  coordinationTypes,
  storageTypes,
  authorizationTypes,
  authenticationTypes,
  apiextensionsTypes,
)

/** The built-in type of that name, or undefined. */
export function findType(name: string): StructShape | undefined {
  return builtin.get(name)
}

/** The built-in type of that name; throws where there is none. */
export function builtinType(name: string): StructShape {
  const found = findType(name)
  if (!found) throw new Error(`no built-in type ${name}`)
  return found
}
