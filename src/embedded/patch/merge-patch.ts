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
    const inner = fieldShape(shape, name) ?? anyShape
    const order = patch[`$setElementOrder/${name}`]
    const merged =
      value === null
        ? undefined
        : isList(value)
          ? mergeList(inner, out[name], value, isList(order) ? order : undefined)
          : applyStrategicPatch(inner, out[name], value)
    if (merged === undefined) delete out[name]
    else out[name] = merged
  }
  return listDirectives(shape, out, patch)
}

/** Directives about a list that the patch does not name itself. */
function listDirectives(shape: Shape, merged: Record<string, Json | undefined>, patch: JsonObject): JsonObject {
  for (const [directive, value] of Object.entries(patch)) {
    const [, word, name] = /^\$(deleteFromPrimitiveList|setElementOrder)\/(.+)$/.exec(directive) ?? []
    const list = name === undefined ? undefined : merged[name]
    if (name === undefined || !isList(value) || !isList(list)) continue
    if (word === 'deleteFromPrimitiveList') merged[name] = list.filter((entry) => !value.includes(entry))
    else if (!(name in patch)) merged[name] = mergeList(fieldShape(shape, name) ?? anyShape, list, [], value)
  }
  return merged
}

function withoutDirectives(patch: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(patch).filter(([name]) => !name.startsWith('$')))
}

function mergeList(shape: Shape, target: Json | undefined, patch: readonly Json[], order?: readonly Json[]): Json {
  const entries = patch.filter((entry) => !isReplaceMark(entry))
  if (shape.is !== 'list' || shape.mergeKey === undefined || entries.length < patch.length) return entries
  const key = shape.mergeKey
  const present = isList(target) ? target : []
  const merged =
    key === ''
      ? [...present, ...entries.filter((one) => !present.includes(one))]
      : mergeKeyed(shape, key, present, entries)
  return inOrder(key, merged, present, order ?? entries)
}

/** `{"$patch": "replace"}` as an entry: the rest of the list is all there shall be. */
function isReplaceMark(entry: Json): boolean {
  return isObject(entry) && entry.$patch === 'replace' && Object.keys(entry).length === 1
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
    const merged = applyStrategicPatch(shape.of, index < 0 ? undefined : out[index], entry)
    if (merged === undefined) {
      if (index >= 0) out.splice(index, 1)
    } else if (index < 0) out.push(merged)
    else out[index] = merged
  }
  return out
}

/**
 * The entries the patch names in the patch's order, the others in the server's; where the server knew two of them in
 * an order, that order stands between the two groups.
 */
function inOrder(key: string, merged: readonly Json[], server: readonly Json[], wanted: readonly Json[]): Json[] {
  const identity = (entry: Json): string => JSON.stringify(isObject(entry) && key !== '' ? (entry[key] ?? null) : entry)
  const rank = new Map(wanted.map((entry, index) => [identity(entry), index]))
  const serverRank = new Map(server.map((entry, index) => [identity(entry), index]))
  const named = merged.filter((entry) => rank.has(identity(entry)))
  named.sort((a, b) => (rank.get(identity(a)) ?? 0) - (rank.get(identity(b)) ?? 0))
  const others = merged.filter((entry) => !rank.has(identity(entry)))
  const out: Json[] = []
  while (named.length > 0 || others.length > 0) {
    const [other] = others
    const [next] = named
    const before = other === undefined ? undefined : serverRank.get(identity(other))
    const after = next === undefined ? undefined : serverRank.get(identity(next))
    const otherFirst = next === undefined || (before !== undefined && after !== undefined && before < after)
    const chosen = otherFirst ? others.shift() : named.shift()
    if (chosen !== undefined) out.push(chosen)
  }
  return out
}
