/**
 * Sets of field paths as `metadata.managedFields` writes them (FieldsV1). An element is its serialised form: `f:name`
 * a field, `k:{"type":"Ready"}` a list entry by key, `v:"x"` a set entry by value.
 */
import { isObject, type JsonObject } from '../json.ts'

export interface FieldSet {
  readonly members: ReadonlySet<string>
  readonly children: ReadonlyMap<string, FieldSet>
}

/** A set under construction. */
export interface FieldSetBuilder {
  readonly members: Set<string>
  readonly children: Map<string, FieldSetBuilder>
}

export const emptySet: FieldSet = { members: new Set(), children: new Map() }

export function newSet(): FieldSetBuilder {
  return { members: new Set(), children: new Map() }
}

/** Adds the path; an empty path adds nothing. */
export function insert(set: FieldSetBuilder, path: readonly string[]): void {
  let here = set
  for (let index = 0; index < path.length - 1; index++) {
    const step = path[index] ?? ''
    let next = here.children.get(step)
    if (!next) {
      next = newSet()
      here.children.set(step, next)
    }
    here = next
  }
  const last = path.at(-1)
  if (last !== undefined) here.members.add(last)
}

export function isEmpty(set: FieldSet): boolean {
  if (set.members.size > 0) return false
  for (const child of set.children.values()) if (!isEmpty(child)) return false
  return true
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  const children = new Map(a.children)
  for (const [key, child] of b.children) {
    const mine = children.get(key)
    children.set(key, mine ? union(mine, child) : child)
  }
  return { members: new Set([...a.members, ...b.members]), children }
}

/** The paths in `a` that are not in `b`; a path in `b` does not remove what lies below it. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return combine(
    a,
    only(a, (key) => !b.members.has(key)),
    (key, child) => {
      const other = b.children.get(key)
      return other ? difference(child, other) : child
    },
  )
}

/** The paths of `a` that neither are in `b` nor lie below a path in `b`. */
export function outside(a: FieldSet, b: FieldSet): FieldSet {
  return combine(
    a,
    only(a, (key) => !b.members.has(key)),
    (key, child) => {
      if (b.members.has(key)) return emptySet
      const other = b.children.get(key)
      return other ? outside(child, other) : child
    },
  )
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return combine(
    a,
    only(a, (key) => b.members.has(key)),
    (key, child) => {
      const other = b.children.get(key)
      return other ? intersection(child, other) : emptySet
    },
  )
}

function only(set: FieldSet, keep: (key: string) => boolean): ReadonlySet<string> {
  return new Set([...set.members].filter(keep))
}

function combine(
  from: FieldSet,
  members: ReadonlySet<string>,
  keep: (key: string, child: FieldSet) => FieldSet,
): FieldSet {
  const children = new Map<string, FieldSet>()
  for (const [key, child] of from.children) {
    const kept = keep(key, child)
    if (!isEmpty(kept)) children.set(key, kept)
  }
  return { members, children }
}

export function fromFieldsV1(fields: JsonObject): FieldSet {
  const set = newSet()
  for (const [key, value] of Object.entries(fields)) {
    if (key === '.' || !isObject(value)) continue
    const inner = Object.keys(value)
    if (inner.length === 0 || '.' in value) set.members.add(key)
    if (inner.length > 0) set.children.set(key, fromFieldsV1(value) as FieldSetBuilder) // freshly built above
  }
  return set
}

export function toFieldsV1(set: FieldSet): JsonObject {
  const out: Record<string, JsonObject> = {}
  for (const key of [...new Set([...set.members, ...set.children.keys()])].sort()) {
    const child = set.children.get(key)
    const inner = child && !isEmpty(child) ? toFieldsV1(child) : {}
    if (set.members.has(key)) out[key] = Object.keys(inner).length > 0 ? { '.': {}, ...inner } : {}
    else if (Object.keys(inner).length > 0) out[key] = inner
  }
  return out
}

/** Every path, as messages write it: `.status.conditions[type="Ready"].status`. */
export function pathTexts(set: FieldSet, prefix = ''): string[] {
  const out: string[] = []
  for (const key of [...new Set([...set.members, ...set.children.keys()])].sort()) {
    const here = `${prefix}${elementText(key)}`
    if (set.members.has(key)) out.push(here)
    const child = set.children.get(key)
    if (child) out.push(...pathTexts(child, here))
  }
  return out
}

function elementText(key: string): string {
  const body = key.slice(2)
  if (key.startsWith('f:')) return `.${body}`
  if (key.startsWith('v:')) return `[=${body}]`
  if (key.startsWith('i:')) return `[${body}]`
  const fields = Object.entries(JSON.parse(body) as JsonObject).map(
    ([name, value]) => `${name}=${JSON.stringify(value)}`,
  )
  return `[${fields.join(',')}]`
}
