/** The rules of a write: fields that stay, the generation, validity, and no-ops. */
import { defined } from '../model/defined.ts'
import { customCauses } from './custom/validate.ts'
import { type Cause, invalid } from './failure.ts'
import { type ApiObject, at, type Json, sameJson, withAt } from './json.ts'
import type { ServedKind } from './kinds.ts'
import { readOwners } from './ownership/managed-fields.ts'
import { metadataCauses, metadataUpdateCauses } from './rules/metadata.ts'
import { rulesOf } from './rules/table.ts'

/** Restores identity, times and version, which only the server writes. */
export function withSystemFields(next: ApiObject, live: ApiObject): ApiObject {
  const kept = { ...live.metadata }
  const metadata = {
    ...next.metadata,
    uid: next.metadata.uid ?? kept.uid,
    creationTimestamp: kept.creationTimestamp,
    deletionTimestamp: next.metadata.deletionTimestamp ?? kept.deletionTimestamp,
    deletionGracePeriodSeconds: next.metadata.deletionGracePeriodSeconds ?? kept.deletionGracePeriodSeconds,
    generation: kept.generation,
    resourceVersion: kept.resourceVersion,
  }
  return { ...next, metadata: defined(metadata) }
}

/** The main resource keeps status, and the status subresource keeps everything else. */
export function withinEndpoint(kind: ServedKind, subresource: string, next: ApiObject, live: ApiObject): ApiObject {
  if (!kind.hasStatus) return next
  if (subresource === '') return withAt(next, ['status'], live.status)
  if (subresource !== 'status') return next
  if (kind.custom) {
    const owners = next.metadata.managedFields
    return withAt(withAt(live, ['metadata', 'managedFields'], owners), ['status'], next.status)
  }
  let limited = next
  for (const path of rulesOf(kind).resetOnStatus ?? [['spec']]) limited = withAt(limited, path, at(live, ...path))
  return rulesOf(kind).updateStatus?.(limited, live) ?? limited
}

/** Raises the generation for every change of the desired state, and for the start of a deletion. */
export function countGeneration(kind: ServedKind, next: ApiObject, live: ApiObject): ApiObject {
  if (!kind.hasGeneration) return next
  const desired = (object: ApiObject): Json => {
    const { metadata: _meta, status: _status, apiVersion: _version, kind: _kind, ...rest } = object
    return (kind.custom ? rest : (object.spec ?? null)) as Json // what remains is plain JSON
  }
  const before = live.metadata.generation ?? 1
  const marked = next.metadata.deletionTimestamp !== undefined && live.metadata.deletionTimestamp === undefined
  const generation = marked || !sameJson(desired(next), desired(live)) ? before + 1 : before
  return withAt(next, ['metadata', 'generation'], generation)
}

/** Throws 422 with every cause. */
export function refuseInvalid(kind: ServedKind, next: ApiObject, live: ApiObject | undefined): void {
  const rules = rulesOf(kind)
  const causes: Cause[] = metadataCauses(next.metadata, kind, rules.nameForm ?? 'subdomain')
  if (live) causes.push(...metadataUpdateCauses(next, live))
  causes.push(...(rules.validate?.(next) ?? []))
  if (live) causes.push(...(rules.validateUpdate?.(next, live) ?? []))
  if (kind.custom) causes.push(...customCauses(kind, next))
  if (causes.length > 0) throw invalid(kind, next.metadata.name, causes)
}

/** True when nothing but the times in managedFields differs: such a write is not stored. */
export function sameButTimes(next: ApiObject, live: ApiObject): boolean {
  if (next === live) return true
  const plain = (object: ApiObject): Json => ({
    ...object,
    metadata: {
      ...object.metadata,
      managedFields: (object.metadata.managedFields ?? []).map((entry) => withAt(entry, ['time'], undefined)),
    },
  })
  return readOwners(next).size === readOwners(live).size && sameJson(plain(next), plain(live))
}

/** A namespace's own finalizers live in its spec. */
export function holdsContent(kind: ServedKind, object: ApiObject): boolean {
  const finalizers = kind.plural === 'namespaces' ? at(object, 'spec', 'finalizers') : undefined
  return Array.isArray(finalizers) && finalizers.length > 0
}
