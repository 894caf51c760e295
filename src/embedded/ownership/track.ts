/**
 * Who owns which field after a write. `trackUpdate` follows creates, updates and patches: what changed becomes the
 * writer's. `trackApply` is server-side apply: merge, take away what the applier left out, refuse conflicts.
 */
import { applyConflict, type Cause } from '../failure.ts'
import { type ApiObject, isObject, type Json, type JsonObject, sameJson } from '../json.ts'
import type { StructShape } from '../schema/shape.ts'
import {
  difference,
  emptySet,
  type FieldSet,
  insert,
  intersection,
  isEmpty,
  newSet,
  outside,
  pathTexts,
  union,
} from './field-set.ts'
import {
  boundOwners,
  type Owner,
  type Owners,
  type Ownership,
  ownerKey,
  readOwners,
  writeOwners,
} from './managed-fields.ts'
import { mergeConfig, removeItems, withNamedFields } from './merge.ts'
import { type Comparison, compare, fieldSetOf } from './walk.ts'

export interface Write {
  readonly shape: StructShape
  readonly owner: Owner
  /** What a new object is compared to: the fields that are there before anyone sets them. */
  readonly blank: JsonObject
  /** Fields this endpoint ignores, e.g. `status` on the main resource. */
  readonly reset: readonly (readonly string[])[]
  /** RFC 3339, seconds. */
  readonly now: string
}

/** Never owned by anyone. */
const unowned: FieldSet = fieldPaths([
  ['apiVersion'],
  ['kind'],
  ['metadata'],
  ['metadata', 'name'],
  ['metadata', 'namespace'],
  ['metadata', 'creationTimestamp'],
  ['metadata', 'selfLink'],
  ['metadata', 'uid'],
  ['metadata', 'generation'],
  ['metadata', 'managedFields'],
  ['metadata', 'resourceVersion'],
])

function fieldPaths(paths: readonly (readonly string[])[]): FieldSet {
  const set = newSet()
  for (const path of paths)
    insert(
      set,
      path.map((name) => `f:${name}`),
    )
  return set
}

/** The object without managedFields, which nobody owns. */
function bare(object: ApiObject): ApiObject {
  const { managedFields: _owners, ...metadata } = object.metadata
  return { ...object, metadata }
}

function withOwners(object: ApiObject, owners: Owners): ApiObject {
  const entries = writeOwners(owners)
  const plain = bare(object)
  return entries.length === 0 ? plain : { ...plain, metadata: { ...plain.metadata, managedFields: entries } }
}

/** Records the changes of `next`, the result of a create, update or patch, as the writer's; `live` is absent on create. */
export function trackUpdate(live: ApiObject | undefined, next: ApiObject, write: Write): ApiObject {
  const known = next.metadata.managedFields
  const resets = Array.isArray(known) && (known.length === 0 || (known.length === 1 && isHollow(known[0])))
  if (resets && live) return bare(next)
  const before = ownersToKeep(live, next, write)
  if (live && before.size === 0) return bare(next) // a client has switched tracking off for this object
  const comparison = visible(compare(write.shape, live ? bare(live) : write.blank, bare(next)), write)
  const key = ownerKey(write.owner)
  const others = settle(before, comparison, '')
  const claimed = difference(union(comparison.added, comparison.modified), unowned)
  const out = new Map(others)
  if (!isEmpty(claimed)) {
    const mine = out.get(key)?.set ?? emptySet
    out.set(key, { owner: write.owner, set: union(mine, claimed), time: write.now })
  }
  return withOwners(next, boundOwners(out))
}

/** A subresource write cannot edit the entries; a main write that leaves them out keeps them. */
function ownersToKeep(live: ApiObject | undefined, next: ApiObject, write: Write): Owners {
  const sent = write.owner.subresource === '' ? readOwners(next) : readOwners(live)
  return sent.size === 0 ? readOwners(live) : sent
}

function isHollow(entry: Json | undefined): boolean {
  return !isObject(entry) || Object.keys(entry).length === 0
}

function visible(comparison: Comparison, write: Write): Comparison {
  if (write.reset.length === 0) return comparison
  const hidden = fieldPaths(write.reset)
  return {
    added: outside(comparison.added, hidden),
    removed: outside(comparison.removed, hidden),
    modified: outside(comparison.modified, hidden),
  }
}

/** Takes from every owner but `self` what changed or went away. */
function settle(owners: Owners, comparison: Comparison, self: string): Map<string, Ownership> {
  const changed = union(comparison.modified, comparison.added)
  const out = new Map<string, Ownership>()
  for (const [key, one] of owners) {
    const set = key === self ? one.set : difference(difference(one.set, changed), comparison.removed)
    if (!isEmpty(set)) out.set(key, { ...one, set })
  }
  return out
}

export interface Applied {
  readonly object: ApiObject
  /** False when the configuration changed nothing, ownership included. */
  readonly changed: boolean
}

/**
 * Server-side apply of `config` onto `live` (a bare skeleton on create). Throws 409 with one cause per field when
 * another owner's field would change and `force` is not set.
 */
export function trackApply(live: ApiObject, config: ApiObject, write: Write, force: boolean): Applied {
  const { shape } = write
  const current = bare(live)
  const key = ownerKey(write.owner)
  const owners = new Map(ownersBeforeApply(live, write))
  const last = owners.get(key)
  const claimed = outside(fieldSetOf(shape, config), fieldPaths(write.reset))
  const mine: Ownership = { owner: write.owner, set: claimed, time: last?.time }
  owners.set(key, mine)
  const merged = mergeConfig(shape, current, config)
  const pruned = last && !isEmpty(last.set) ? prune(shape, merged, owners, last.set) : merged
  const object = asObject(pruned, current)
  const comparison = visible(compare(shape, current, object), write)
  if (!force) refuseConflicts(owners, comparison, key)
  const settled = settle(owners, comparison, key)
  const owned = difference(claimed, unowned)
  if (isEmpty(owned)) settled.delete(key)
  else settled.set(key, { ...mine, set: owned })
  const same = sameJson(current, object) && sameOwners(live, settled)
  if (same) return { object: live, changed: false }
  const stamped = settled.get(key)
  if (stamped) settled.set(key, { ...stamped, time: write.now })
  return { object: withOwners(object, settled), changed: true }
}

/** Gives an untracked object to `before-first-apply`, so that its first applier gets the conflicts. */
function ownersBeforeApply(live: ApiObject, write: Write): Owners {
  const owners = readOwners(live)
  if (owners.size > 0 || live.metadata.uid === undefined) return owners
  const owner: Owner = { ...write.owner, manager: 'before-first-apply', operation: 'Update', subresource: '' }
  const { added, modified } = visible(compare(write.shape, write.blank, bare(live)), write)
  const set = difference(union(added, modified), unowned)
  return new Map([[ownerKey(owner), { owner, set, time: write.now }]])
}

/** Removes the fields that the applier leaves out now and nobody else owns. */
function prune(shape: StructShape, merged: Json, owners: Owners, last: FieldSet): Json {
  const named = (set: FieldSet): FieldSet => withNamedFields(shape, set)
  const without = removeItems(shape, merged, named(last)) ?? {}
  let managed = emptySet
  for (const one of owners.values()) managed = union(managed, one.set)
  const mergedSet = named(fieldSetOf(shape, merged))
  const keptSet = union(named(fieldSetOf(shape, without)), named(managed))
  const owned = removeItems(shape, merged, difference(mergedSet, keptSet)) ?? {}
  const gone = difference(mergedSet, named(fieldSetOf(shape, owned)))
  return removeItems(shape, merged, intersection(gone, named(last))) ?? {}
}

function asObject(value: Json, fallback: ApiObject): ApiObject {
  const object = isObject(value) ? value : {}
  const metadata = isObject(object.metadata) ? object.metadata : {}
  return {
    ...object,
    apiVersion: fallback.apiVersion,
    kind: fallback.kind,
    metadata: { ...metadata, name: fallback.metadata.name },
  }
}

function refuseConflicts(owners: Owners, comparison: Comparison, self: string): void {
  const changed = union(comparison.modified, comparison.added)
  const conflicts: { readonly who: string; readonly paths: readonly string[] }[] = []
  for (const [key, one] of owners) {
    if (key === self) continue
    const paths = pathTexts(intersection(one.set, changed))
    if (paths.length > 0) conflicts.push({ who: ownerText(one), paths })
  }
  if (conflicts.length === 0) return
  conflicts.sort((a, b) => (a.who < b.who ? -1 : 1))
  const causes: Cause[] = conflicts.flatMap(({ who, paths }) =>
    paths.map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with ${who}`, field })),
  )
  const [only] = causes
  if (only && causes.length === 1) {
    throw applyConflict(`Apply failed with 1 conflict: ${only.message}: ${only.field}`, causes)
  }
  const lines = conflicts.flatMap(({ who, paths }) => [`conflicts with ${who}:`, ...paths.map((path) => `- ${path}`)])
  throw applyConflict(`Apply failed with ${causes.length} conflicts: ${lines.join('\n')}`, causes)
}

function ownerText({ owner }: Ownership): string {
  const name = `"${owner.manager}"${owner.subresource === '' ? '' : ` with subresource "${owner.subresource}"`}`
  if (owner.operation === 'Apply') return name
  return `${name} using ${owner.apiVersion}`
}

function sameOwners(live: ApiObject, owners: Owners): boolean {
  return sameJson(live.metadata.managedFields ?? [], writeOwners(owners))
}
