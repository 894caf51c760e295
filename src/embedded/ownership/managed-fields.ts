/** `metadata.managedFields`: reading and writing the entries, and keeping their number bounded. */
import { type ApiObject, isObject, type JsonObject, textAt } from '../json.ts'
import { emptySet, type FieldSet, fromFieldsV1, isEmpty, toFieldsV1, union } from './field-set.ts'

/** An owner and its fields. Entries with equal name, operation, version and subresource are one owner. */
export interface Owner {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  readonly subresource: string
}

export interface Ownership {
  readonly owner: Owner
  readonly set: FieldSet
  /** RFC 3339; undefined until the entry is first written. */
  readonly time: string | undefined
}

/** Keyed by {@link ownerKey}. */
export type Owners = ReadonlyMap<string, Ownership>

/** More Update entries than this are folded into one, so that an object cannot grow without bound. */
const maxUpdateOwners = 10
const foldedManager = 'ancient-changes'

/** An applier is the same owner in every version. */
export function ownerKey(owner: Owner): string {
  const version = owner.operation === 'Apply' ? '' : owner.apiVersion
  return JSON.stringify([owner.manager, owner.operation, version, owner.subresource])
}

/** The owners of a stored object; drops malformed entries, as upstream does. */
export function readOwners(object: ApiObject | undefined): Owners {
  const owners = new Map<string, Ownership>()
  for (const entry of object?.metadata.managedFields ?? []) {
    const owner: Owner = {
      manager: textAt(entry, 'manager'),
      operation: entry.operation === 'Apply' ? 'Apply' : 'Update',
      apiVersion: textAt(entry, 'apiVersion'),
      subresource: textAt(entry, 'subresource'),
    }
    const fields = entry.fieldsV1
    const set = isObject(fields) ? fromFieldsV1(fields) : emptySet
    owners.set(ownerKey(owner), { owner, set, time: textAt(entry, 'time') || undefined })
  }
  return owners
}

/** The entries in the order the real server keeps: appliers first, then by time, then by owner. */
export function writeOwners(owners: Owners): readonly JsonObject[] {
  const sorted = [...owners.values()].filter((one) => !isEmpty(one.set)).sort(inOrder)
  return sorted.map(({ owner, set, time }) => ({
    manager: owner.manager,
    operation: owner.operation,
    apiVersion: owner.apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: toFieldsV1(set),
    ...(owner.subresource === '' ? {} : { subresource: owner.subresource }),
  }))
}

function inOrder(a: Ownership, b: Ownership): number {
  const byOperation = compareText(a.owner.operation, b.owner.operation)
  if (byOperation !== 0) return byOperation
  const byTime = compareText(a.time ?? '', b.time ?? '')
  if (byTime !== 0) return byTime
  return (
    compareText(a.owner.manager, b.owner.manager) ||
    compareText(a.owner.apiVersion, b.owner.apiVersion) ||
    compareText(a.owner.subresource, b.owner.subresource)
  )
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Folds the oldest Update entries into one while there are more than {@link maxUpdateOwners}. */
export function boundOwners(owners: Owners): Owners {
  const updaters = [...owners].filter(([, one]) => one.owner.operation === 'Update')
  let excess = updaters.length - maxUpdateOwners
  if (excess <= 0) return owners
  const out = new Map(owners)
  updaters.sort(([keyA, a], [keyB, b]) => compareText(a.time ?? '', b.time ?? '') || compareText(keyA, keyB))
  const first = new Map<string, Ownership>()
  for (const [key, one] of updaters) {
    if (excess <= 0) break
    const version = one.owner.apiVersion
    const known = first.get(version)
    out.delete(key)
    if (!known) {
      first.set(version, one)
      continue
    }
    const owner: Owner = { manager: foldedManager, operation: 'Update', apiVersion: version, subresource: '' }
    const folded: Ownership = { owner, set: union(known.set, one.set), time: one.time }
    first.set(version, folded)
    out.set(ownerKey(owner), folded)
    excess--
  }
  for (const [, one] of first) if (one.owner.manager !== foldedManager) out.set(ownerKey(one.owner), one)
  return out
}
