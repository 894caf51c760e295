/** Merging an applied configuration into an object, and removing fields from one, by the rules of its shape. */
import { isList, isObject, type Json, type JsonObject } from '../json.ts'
import { anyShape, fieldShape, type ListShape, type Shape } from '../schema/shape.ts'
import { emptySet, type FieldSet, isEmpty } from './field-set.ts'
import { byElement, entryElement, grainOf, OwnershipError } from './walk.ts'

/** `live` with `config` laid over it: leaves replaced, fields and keyed entries merged. */
export function mergeConfig(shape: Shape, live: Json | undefined, config: Json): Json {
  const grain = grainOf(shape, config)
  if (grain === 'fields' && isObject(config) && isObject(live)) {
    const out: Record<string, Json> = { ...(live as Record<string, Json>) } // no stored object holds undefined
    for (const [name, value] of Object.entries(config)) {
      if (value !== undefined) out[name] = mergeConfig(fieldShape(shape, name) ?? anyShape, live[name], value)
    }
    return out
  }
  if (grain === 'entries' && shape.is === 'list' && isList(config)) {
    return mergeEntries(shape, isList(live) ? live : [], config)
  }
  return config
}

/** Keeps the live order and lets the configuration's order decide where both name the same entries. */
function mergeEntries(shape: ListShape, live: readonly Json[], config: readonly Json[]): Json[] {
  const wanted = single(shape, config)
  const present = byElement(shape, live)
  const liveKeys = live.map((entry) => entryElement(shape, entry))
  const configKeys = [...wanted.keys()]
  const shared = configKeys.filter((key) => present.has(key))
  const merged = (key: string): Json => {
    const known = present.get(key) ?? []
    const value = wanted.get(key) ?? null
    return mergeConfig(shape.of, known.length === 1 ? known[0] : undefined, value)
  }
  const out: Json[] = []
  const placed = new Set<string>()
  let left = 0
  let right = 0
  while (left < liveKeys.length || right < configKeys.length) {
    const mine = liveKeys[left]
    const theirs = configKeys[right]
    if (mine !== undefined && mine === theirs) {
      out.push(merged(mine))
      placed.add(mine)
      left++
      right++
    } else if (mine !== undefined && wanted.has(mine) && theirs !== undefined && nextShared(shared, placed) !== mine) {
      left++ // it comes later in the configuration's order
    } else if (mine !== undefined && !wanted.has(mine)) {
      out.push(live[left] ?? null)
      left++
    } else if (mine !== undefined && placed.has(mine)) {
      left++
    } else if (theirs !== undefined) {
      out.push(merged(theirs))
      placed.add(theirs)
      right++
    } else {
      left++
    }
  }
  return out
}

function nextShared(shared: readonly string[], placed: ReadonlySet<string>): string | undefined {
  return shared.find((key) => !placed.has(key))
}

function single(shape: ListShape, list: readonly Json[]): ReadonlyMap<string, Json> {
  const out = new Map<string, Json>()
  for (const [key, entries] of byElement(shape, list)) {
    const [first, second] = entries
    if (second !== undefined) throw new OwnershipError(`duplicate entries for key [${key.slice(2)}]`)
    if (first !== undefined) out.set(key, first)
  }
  return out
}

/** `value` without the paths in `remove`. A map or list that loses its last entry becomes absent. */
export function removeItems(shape: Shape, value: Json, remove: FieldSet): Json | undefined {
  const grain = grainOf(shape, value)
  if (grain === 'fields' && isObject(value)) {
    if (Object.keys(value).length === 0) return undefined
    const out = removeFields(shape, value, remove)
    return Object.keys(out).length > 0 ? out : undefined
  }
  if (grain === 'entries' && shape.is === 'list' && isList(value)) {
    const out: Json[] = []
    for (const entry of value) {
      const element = entryElement(shape, entry)
      if (remove.members.has(element)) continue
      const inner = remove.children.get(element)
      out.push(inner && !isEmpty(inner) ? (removeItems(shape.of, entry, inner) ?? null) : entry)
    }
    return out.length > 0 ? out : undefined
  }
  // Below an atomic value nothing is removed in part: the real walker answers with nothing at all.
  return shape.is === 'scalar' || (shape.is === 'any' && !isList(value)) ? value : undefined
}

function removeFields(shape: Shape, value: JsonObject, remove: FieldSet): Record<string, Json> {
  const out: Record<string, Json> = {}
  for (const [name, entry] of Object.entries(value)) {
    const element = `f:${name}`
    if (entry === undefined || remove.members.has(element)) continue
    const inner = remove.children.get(element)
    const kept = inner && !isEmpty(inner) ? removeItems(fieldShape(shape, name) ?? anyShape, entry, inner) : entry
    // A container without entries stays, because its owner still owns it.
    out[name] = kept === undefined ? (isList(entry) ? [] : {}) : kept // a null, such as an Event's eventTime, stays one
  }
  return out
}

/** `set` plus the named (struct) fields on the way to its paths, so that removing them removes the container too. */
export function withNamedFields(shape: Shape, set: FieldSet): FieldSet {
  const members = new Set(set.members)
  const children = new Map<string, FieldSet>()
  for (const [element, child] of set.children) {
    const name = element.slice(2)
    const isField = element.startsWith('f:')
    if (isField && shape.is === 'struct' && shape.fields.has(name)) members.add(element)
    const inner = isField ? fieldShape(shape, name) : shape.is === 'list' ? shape.of : undefined
    children.set(element, inner ? withNamedFields(inner, child) : child)
  }
  return members.size === 0 && children.size === 0 ? emptySet : { members, children }
}
