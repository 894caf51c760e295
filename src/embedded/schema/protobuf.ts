/**
 * Reads the protobuf form of built-in kinds, which Go clients send for typed calls (`kubectl create namespace`). Only
 * reading: every such client accepts JSON answers.
 */
import { badRequest } from '../failure.ts'
import type { Json, JsonObject } from '../json.ts'
import type { Field, ListShape, MapShape, Shape, StructShape } from './shape.ts'
import { findType } from './types.ts'

const magic = Buffer.from('k8s\0')
const typeMeta = 1
const rawBody = 2
/** Values are nested as deep as a schema of a CustomResourceDefinition may be. */
const maxDepth = 100

/** A value as it lies in a message: a number, or bytes. */
type Wire = bigint | number | Buffer

/** Field number → its values, in order. */
type Message = ReadonlyMap<number, readonly Wire[]>

/** The JSON form of a protobuf body. Throws 400 for malformed bytes and for an unknown kind. */
export function readProtobuf(body: Buffer): JsonObject {
  if (!body.subarray(0, magic.length).equals(magic)) throw unreadable('the prefix is missing')
  const outer = readMessage(body.subarray(magic.length))
  const meta = readMessage(bytesOf(outer, typeMeta))
  const apiVersion = bytesOf(meta, 1).toString('utf8')
  const kind = bytesOf(meta, 2).toString('utf8')
  const shape = findType(kind)
  if (!shape) throw unreadable(`no kind "${kind}" is registered for version "${apiVersion}"`)
  return { ...readStruct(shape, readMessage(bytesOf(outer, rawBody)), 0), apiVersion, kind }
}

function unreadable(why: string): Error {
  return badRequest(`the body is no readable protobuf: ${why}`)
}

function bytesOf(message: Message, number: number): Buffer {
  const value = message.get(number)?.at(-1)
  return Buffer.isBuffer(value) ? value : Buffer.alloc(0)
}

function readMessage(bytes: Buffer): Message {
  const out = new Map<number, Wire[]>()
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++]
      if (byte === undefined) throw unreadable('it ends early')
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return BigInt.asIntN(64, value)
    }
    throw unreadable('a number is too long')
  }
  const take = (length: number): Buffer => {
    if (length < 0 || at + length > bytes.length) throw unreadable('it ends early')
    at += length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const value = readWire(tag & 7, varint, take)
    const known = out.get(tag >> 3)
    if (known) known.push(value)
    else out.set(tag >> 3, [value])
  }
  return out
}

function readWire(type: number, varint: () => bigint, take: (length: number) => Buffer): Wire {
  switch (type) {
    case 0:
      return varint()
    case 1:
      return take(8).readDoubleLE()
    case 2:
      return take(Number(varint()))
    case 5:
      return take(4).readFloatLE()
    default:
      throw unreadable(`wire type ${type}`)
  }
}

function readStruct(shape: StructShape, message: Message, depth: number): JsonObject {
  if (depth > maxDepth) throw unreadable('it is nested too deep')
  const out: Record<string, Json> = {}
  for (const [name, field] of shape.fields) {
    const values = fieldValues(field, message)
    if (values.length === 0) continue
    const value = readField(field.shape, values, depth)
    if (value !== undefined) out[name] = value
  }
  return out
}

/** The values of a field, through the message of an inlined struct where there is one. */
function fieldValues(field: Field, message: Message): readonly Wire[] {
  const [first, ...inner] = field.wire ?? []
  if (first === undefined) return []
  let values = message.get(first) ?? []
  for (const number of inner) {
    const last = values.at(-1)
    values = Buffer.isBuffer(last) ? (readMessage(last).get(number) ?? []) : []
  }
  return values
}

function readField(shape: Shape, values: readonly Wire[], depth: number): Json | undefined {
  if (shape.is === 'list') return readList(shape, values, depth)
  if (shape.is === 'map') return readMap(shape, values, depth)
  const last = values.at(-1)
  return last === undefined ? undefined : readValue(shape, last, depth)
}

function readList(shape: ListShape, values: readonly Wire[], depth: number): Json {
  return values.map((value) => readValue(shape.of, value, depth) ?? null)
}

function readMap(shape: MapShape, values: readonly Wire[], depth: number): Json {
  const out: Record<string, Json> = {}
  for (const entry of values) {
    const message = readMessage(asBytes(entry))
    const value = message.get(2)?.at(-1)
    out[bytesOf(message, 1).toString('utf8')] = value === undefined ? '' : (readValue(shape.of, value, depth) ?? null)
  }
  return out
}

function asBytes(value: Wire): Buffer {
  if (!Buffer.isBuffer(value)) throw unreadable('a number stands where a message belongs')
  return value
}

function readValue(shape: Shape, value: Wire, depth: number): Json | undefined {
  switch (shape.is) {
    case 'struct':
      return readStruct(shape, readMessage(asBytes(value)), depth + 1)
    case 'any':
      return readRaw(bytesOf(readMessage(asBytes(value)), 1))
    case 'list':
    case 'map':
      return readField(shape, [value], depth)
    case 'scalar':
      return readScalar(shape.scalar, value)
  }
}

function readScalar(scalar: string, value: Wire): Json | undefined {
  switch (scalar) {
    case 'string':
      return asBytes(value).toString('utf8')
    case 'bytes':
      return asBytes(value).toString('base64')
    case 'boolean':
      return value === 1n
    case 'integer':
    case 'number':
      return Number(value)
    case 'quantity':
      return bytesOf(readMessage(asBytes(value)), 1).toString('utf8')
    case 'int-or-string': {
      const message = readMessage(asBytes(value))
      const isText = message.get(1)?.at(-1) === 1n
      return isText ? bytesOf(message, 3).toString('utf8') : Number(message.get(2)?.at(-1) ?? 0n)
    }
    default:
      return readTime(readMessage(asBytes(value)), scalar === 'microtime')
  }
}

/** A zero time, which Go writes as an empty message, is no time. */
function readTime(message: Message, micro: boolean): string | undefined {
  const seconds = Number(message.get(1)?.at(-1) ?? 0n)
  if (seconds === 0) return undefined
  const nanos = Number(message.get(2)?.at(-1) ?? 0n)
  const text = new Date(seconds * 1000).toISOString().slice(0, 19)
  return micro ? `${text}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z` : `${text}Z`
}

function readRaw(bytes: Buffer): Json | undefined {
  if (bytes.length === 0) return undefined
  try {
    return JSON.parse(bytes.toString('utf8')) as Json // embedded raw JSON
  } catch {
    throw unreadable('embedded JSON is broken')
  }
}
