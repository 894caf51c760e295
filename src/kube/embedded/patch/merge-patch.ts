/** RFC 7386, and Kubernetes' strategic merge patch on top of it: lists merge by the keys of their shape. */
import { badRequest } from '../failure.ts'
import { isList, isObject, type Json, type JsonObject, sameJson } from '../json.ts'
import { anyShape, fieldShape, type ListShape, type Shape } from '../schema/shape.ts'

/** A null removes, an object merges, everything else replaces. */
export function applyMergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch
  const out: Record<string, Json | undefined> = isObject(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete out[name]
    else if (value !== undefined) out[name] = applyMergePatch(out[name], value)
  }
  return out
}

/** Strategic merge of `patch` into `target`. Directives: `$patch`, `$setElementOrder/x`, `$deleteFromPrimitiveList/x`, `$retainKeys`. */
export function applyStrategicPatch(shape: Shape, target: Json | undefined, patch: Json): Json | undefined {
  if (!isObject(patch)) return patch
  const directive = patch.$patch
  if (directive === 'delete') return undefined
  if (directive === 'replace') return withoutDirectives(patch)
  if (directive !== undefined && directive !== 'merge') {
    throw badRequest(`unknown patch type found: ${String(directive)}`)
  }
  const out: Record<string, Json | undefined> = isObject(target) ? { ...target } : {}
  const retained = patch.$retainKeys
  if (isList(retained)) for (const name of Object.keys(out)) if (!retained.includes(name)) delete out[name]
  for (const [name, value] of Object.entries(patch)) {
    if (name.startsWith('$') || value === undefined) continue
    if (value === null) {
      delete out[name]
      continue
    }
    const inner = fieldShape(shape, name) ?? anyShape
    const merged = isList(value) ? mergeList(inner, out[name], value) : applyStrategicPatch(inner, out[name], value)
    if (merged === undefined) delete out[name]
    else out[name] = merged
  }
  return listDirectives(shape, out, patch)
}

/** Directives that speak about a sibling list. */
function listDirectives(shape: Shape, merged: Record<string, Json | undefined>, patch: JsonObject): JsonObject {
  for (const [directive, value] of Object.entries(patch)) {
    const [, word, name] = /^\$(deleteFromPrimitiveList|setElementOrder)\/(.+)$/.exec(directive) ?? []
    const list = name === undefined ? undefined : merged[name]
    if (name === undefined || !isList(value) || !isList(list)) continue
    if (word === 'deleteFromPrimitiveList') merged[name] = list.filter((entry) => !value.includes(entry))
    else merged[name] = inOrder(fieldShape(shape, name), list, value)
  }
  return merged
}

function withoutDirectives(patch: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(patch).filter(([name]) => !name.startsWith('$')))
}

function mergeList(shape: Shape, target: Json | undefined, patch: readonly Json[]): Json {
  const entries = patch.filter(
    (entry) => !isObject(entry) || entry.$patch !== 'replace' || Object.keys(entry).length > 1,
  )
  if (shape.is !== 'list' || shape.mergeKey === undefined || entries.length < patch.length) return entries
  const present = isList(target) ? target : []
  if (shape.mergeKey === '') return [...present, ...entries.filter((entry) => !present.includes(entry))]
  return mergeKeyed(shape, shape.mergeKey, present, entries)
}

function mergeKeyed(shape: ListShape, key: string, present: readonly Json[], patch: readonly Json[]): Json[] {
  const out = [...present]
  for (const entry of patch) {
    if (!isObject(entry)) throw badRequest('expected an object in a list that merges by key')
    const value = entry[key]
    if (value === undefined) {
      throw badRequest(`map: ${JSON.stringify(entry)} does not contain declared merge key: ${key}`)
    }
    const index = out.findIndex((one) => isObject(one) && sameJson(one[key], value))
    const known = index < 0 ? undefined : out[index]
    const merged = applyStrategicPatch(shape.of, known, entry)
    if (merged === undefined) {
      if (index >= 0) out.splice(index, 1)
    } else if (index < 0) out.push(merged)
    else out[index] = merged
  }
  return out
}

/** Entries named by the order come in that order; the others keep their place in front of their old successor. */
function inOrder(shape: Shape | undefined, list: readonly Json[], order: readonly Json[]): Json[] {
  const key = shape?.is === 'list' ? (shape.mergeKey ?? '') : ''
  const identity = (entry: Json): Json => (isObject(entry) && key !== '' ? (entry[key] ?? null) : entry)
  const wanted = order.map((entry) => JSON.stringify(identity(entry)))
  const rank = (entry: Json): number => wanted.indexOf(JSON.stringify(identity(entry)))
  const ordered = list.filter((entry) => rank(entry) >= 0).sort((a, b) => rank(a) - rank(b))
  const others = list.filter((entry) => rank(entry) < 0)
  const out = [...ordered]
  for (const entry of others) {
    const next = list.slice(list.indexOf(entry) + 1).find((one) => rank(one) >= 0)
    const place = next === undefined ? out.length : out.indexOf(next)
    out.splice(place, 0, entry)
  }
  return out
}
