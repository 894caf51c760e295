/** Which fields a value has, and which differ between two values, by the ownership rules of its shape. */
import { canonical, isList, isObject, type Json, type JsonObject, sameJson } from '../json.ts'
import { anyShape, fieldShape, type ListShape, type Shape } from '../schema/shape.ts'
import { type FieldSet, type FieldSetBuilder, insert, newSet } from './field-set.ts'

/** The differences from one value to the next. */
export interface Comparison {
  readonly added: FieldSet
  readonly removed: FieldSet
  readonly modified: FieldSet
}

/** An entry of a keyed list lacks a key field, or a list that must not repeat itself does. */
export class OwnershipError extends Error {
  override readonly name = 'OwnershipError'
}

/** How a value is owned: as one leaf, by map fields or by list entries. A schema-less value is deduced. */
export type Grain = 'leaf' | 'fields' | 'entries'

export function grainOf(shape: Shape, value: Json | undefined): Grain {
  switch (shape.is) {
    case 'scalar':
      return 'leaf'
    case 'struct':
    case 'map':
      return shape.atomic ? 'leaf' : 'fields'
    case 'list':
      return shape.relation === 'atomic' ? 'leaf' : 'entries'
    case 'any':
      return isObject(value) ? 'fields' : 'leaf'
  }
}

/** The path element of a list entry. Throws {@link OwnershipError} when a key is missing. */
export function entryElement(shape: ListShape, entry: Json): string {
  if (shape.relation === 'set') return `v:${canonical(entry)}`
  const key: Record<string, Json> = {}
  for (const name of [...shape.keys].sort()) {
    const fallback = shape.of.is === 'struct' ? shape.of.fields.get(name)?.fallback : undefined
    const value = isObject(entry) ? (entry[name] ?? fallback) : undefined
    if (value === undefined) {
      throw new OwnershipError(
        `associative list with keys has an element that omits key field "${name}" (and doesn't have default value)`,
      )
    }
    key[name] = value
  }
  return `k:${canonical(key)}`
}

/** The fields that applying `value` claims. */
export function fieldSetOf(shape: Shape, value: Json): FieldSet {
  const set = newSet()
  collect(shape, value, [], set)
  return set
}

function collect(shape: Shape, value: Json, path: readonly string[], set: FieldSetBuilder): void {
  const grain = grainOf(shape, value)
  if (grain === 'leaf') {
    insert(set, path)
    return
  }
  if (grain === 'fields') {
    if (!isObject(value)) return
    for (const [name, entry] of Object.entries(value)) {
      if (entry === undefined) continue
      const here = [...path, `f:${name}`]
      collect(fieldShape(shape, name) ?? anyShape, entry, here, set)
      const empty = entry === null || (isObject(entry) && Object.keys(entry).length === 0)
      if (empty || shape.is !== 'struct' || !shape.fields.has(name)) insert(set, here)
    }
    return
  }
  if (shape.is !== 'list' || !isList(value)) return
  for (const [element, entries] of byElement(shape, value)) {
    const here = [...path, element]
    const [only] = entries
    if (entries.length === 1 && only !== undefined) collect(shape.of, only, here, set)
    insert(set, here)
  }
}

/** The entries of a keyed list or set, in order, grouped by path element. */
export function byElement(shape: ListShape, list: readonly Json[]): ReadonlyMap<string, readonly Json[]> {
  const out = new Map<string, Json[]>()
  for (const entry of list) {
    const element = entryElement(shape, entry)
    const known = out.get(element)
    if (known) known.push(entry)
    else out.set(element, [entry])
  }
  return out
}

interface Sink {
  readonly added: FieldSetBuilder
  readonly removed: FieldSetBuilder
  readonly modified: FieldSetBuilder
}

/** Compares two values of one shape; undefined stands for absent. */
export function compare(shape: Shape, before: Json | undefined, after: Json | undefined): Comparison {
  const sink: Sink = { added: newSet(), removed: newSet(), modified: newSet() }
  if (before !== after) compareAt(shape, before, after, [], sink)
  return sink
}

function compareAt(
  shape: Shape,
  before: Json | undefined,
  after: Json | undefined,
  path: readonly string[],
  sink: Sink,
): void {
  if (before === after) return // shared structure is common: writes copy only what they change
  const grain = grainOf(shape, after ?? before)
  const bothEmpty = isHollow(before) && isHollow(after)
  if (grain === 'leaf' || bothEmpty) {
    leaf(before, after, path, sink)
    return
  }
  if (grain === 'fields') compareFields(shape, before, after, path, sink)
  else if (shape.is === 'list') compareEntries(shape, before, after, path, sink)
  if (before === undefined) insert(sink.added, path)
  else if (after === undefined) insert(sink.removed, path)
}

function leaf(before: Json | undefined, after: Json | undefined, path: readonly string[], sink: Sink): void {
  if (before === undefined) insert(sink.added, path)
  else if (after === undefined) insert(sink.removed, path)
  else if (!sameJson(before, after)) insert(sink.modified, path)
}

function isHollow(value: Json | undefined): boolean {
  if (value === undefined || value === null) return true
  return typeof value === 'object' && (isList(value) ? value.length === 0 : Object.keys(value).length === 0)
}

function compareFields(
  shape: Shape,
  before: Json | undefined,
  after: Json | undefined,
  path: readonly string[],
  sink: Sink,
): void {
  const old: JsonObject = isObject(before) ? before : {}
  const next: JsonObject = isObject(after) ? after : {}
  for (const name of new Set([...Object.keys(old), ...Object.keys(next)])) {
    compareAt(fieldShape(shape, name) ?? anyShape, old[name], next[name], [...path, `f:${name}`], sink)
  }
}

function compareEntries(
  shape: ListShape,
  before: Json | undefined,
  after: Json | undefined,
  path: readonly string[],
  sink: Sink,
): void {
  const old = byElement(shape, isList(before) ? before : [])
  const next = byElement(shape, isList(after) ? after : [])
  for (const element of new Set([...old.keys(), ...next.keys()])) {
    const here = [...path, element]
    const olds = old.get(element) ?? []
    const nexts = next.get(element) ?? []
    if (olds.length <= 1 && nexts.length <= 1) compareAt(shape.of, olds[0], nexts[0], here, sink)
    else if (olds.length === 0) insert(sink.added, here)
    else if (nexts.length === 0) insert(sink.removed, here)
    else if (!sameJson(olds, nexts)) insert(sink.modified, here)
  }
}
