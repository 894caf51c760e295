/** Plain JSON as the server stores it: never mutated, so that store, history and answers share objects. */

export type Json = null | boolean | number | string | readonly Json[] | JsonObject

export interface JsonObject {
  readonly [key: string]: Json | undefined
}

export interface ApiMeta extends JsonObject {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly deletionGracePeriodSeconds?: number
  readonly labels?: { readonly [key: string]: string }
  readonly annotations?: { readonly [key: string]: string }
  readonly finalizers?: readonly string[]
  readonly ownerReferences?: readonly JsonObject[]
  readonly managedFields?: readonly JsonObject[]
}

/** A stored object: what every answer, watch event and model works on. */
export interface ApiObject extends JsonObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ApiMeta
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

/** The value at a path of field names; undefined where a step is missing or not an object. */
export function at(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  let here = value
  for (const step of path) {
    if (!isObject(here)) return undefined
    here = here[step]
  }
  return here
}

export function textAt(value: Json | undefined, ...path: readonly string[]): string {
  const found = at(value, ...path)
  return typeof found === 'string' ? found : ''
}

export function numberAt(value: Json | undefined, ...path: readonly string[]): number {
  const found = at(value, ...path)
  return typeof found === 'number' ? found : 0
}

/** The objects in the list at a path; an absent list is empty. */
export function listAt(value: Json | undefined, ...path: readonly string[]): readonly JsonObject[] {
  const found = at(value, ...path)
  return isList(found) ? found.filter(isObject) : []
}

/** The string map at a path, e.g. labels; an absent map is empty. */
export function mapAt(value: Json | undefined, ...path: readonly string[]): Readonly<Record<string, string>> {
  const found = at(value, ...path)
  if (!isObject(found)) return {}
  const out: Record<string, string> = {}
  for (const [key, entry] of Object.entries(found)) if (typeof entry === 'string') out[key] = entry
  return out
}

/** A copy of `object` with the value at `path` replaced, or removed when `value` is undefined. */
export function withAt<T extends JsonObject>(object: T, path: readonly string[], value: Json | undefined): T {
  const [step, ...rest] = path
  if (step === undefined) return object
  const child = object[step]
  const next = rest.length === 0 ? value : withAt(isObject(child) ? child : {}, rest, value)
  if (next !== undefined) return { ...object, [step]: next }
  if (!(step in object)) return object
  const { [step]: _gone, ...kept } = object
  return kept as T // only an optional field is ever removed
}

/** Deep equality without regard to key order; an undefined field equals an absent one. */
export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true
  if (isList(a) && isList(b)) return a.length === b.length && a.every((entry, index) => sameJson(entry, b[index]))
  if (!isObject(a) || !isObject(b)) return false
  for (const key of Object.keys(a)) if (!sameJson(a[key], b[key])) return false
  for (const key of Object.keys(b)) if (a[key] === undefined && b[key] !== undefined) return false
  return true
}

/** JSON text with sorted keys, so equal values have equal text. */
export function canonical(value: Json): string {
  if (isList(value)) return `[${value.map(canonical).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value)
  const fields = Object.keys(value).filter((key) => value[key] !== undefined)
  return `{${fields
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key] ?? null)}`)
    .join(',')}}`
}
