/** DELETE: preconditions, graceful deletion of pods, finalizers, propagation. */
import { type Cluster, type ObjectAddress, timestamp } from './cluster.ts'
import { establish, purge } from './custom/definition.ts'
import { type ApiFailure, badRequest, conflict, forbidden, invalid, invalidValue, notSupported } from './failure.ts'
import { type ApiObject, at, isObject, type Json, type JsonObject, listAt, numberAt, textAt, withAt } from './json.ts'
import { storageKey } from './kinds.ts'
import { namespaceFinalizers } from './rules/plain.ts'
import { objectKey } from './store.ts'
import { liveObject } from './write.ts'

export interface DeleteOptions {
  readonly graceSeconds: number | undefined
  readonly uid: string | undefined
  readonly resourceVersion: string | undefined
  readonly propagation: 'Background' | 'Foreground' | 'Orphan' | undefined
  readonly dryRun: boolean
}

export const plainDelete: DeleteOptions = {
  graceSeconds: undefined,
  uid: undefined,
  resourceVersion: undefined,
  propagation: undefined,
  dryRun: false,
}

export interface Deleted {
  /** The object while grace or finalizers keep it, or where its kind answers with it; else a Status. */
  readonly body: JsonObject
  readonly gone: boolean
}

/** Namespaces that nobody may delete. */
const immortal = new Set(['default', 'kube-system', 'kube-public'])
const foreground = 'foregroundDeletion'
const orphan = 'orphan'

/** Options from a body (`DeleteOptions`); the query gives those that the body leaves out. */
export function readDeleteOptions(body: Json | undefined, query: URLSearchParams): DeleteOptions {
  if (body !== undefined && !isObject(body)) throw badRequest('the body of a delete must be DeleteOptions')
  const kind = at(body, 'kind')
  if (kind !== undefined && kind !== 'DeleteOptions') {
    throw badRequest(`${String(kind)} in version "v1" cannot be handled as a DeleteOptions`)
  }
  const grace = at(body, 'gracePeriodSeconds') ?? numberOf(query.get('gracePeriodSeconds'))
  const propagation = textAt(body, 'propagationPolicy') || query.get('propagationPolicy') || undefined
  if (propagation !== undefined && !['Background', 'Foreground', 'Orphan'].includes(propagation)) {
    throw invalid({ group: 'meta.k8s.io', plural: '', kind: 'DeleteOptions' }, '', [
      invalidValue('propagationPolicy', propagation, 'must be one of Background, Foreground, Orphan'),
    ])
  }
  const dry = [...query.getAll('dryRun'), ...listOf(at(body, 'dryRun'))]
  if (dry.some((one) => one !== 'All')) {
    throw invalid({ group: 'meta.k8s.io', plural: '', kind: 'DeleteOptions' }, '', [
      notSupported('dryRun', dry.join(','), ['All']),
    ])
  }
  return {
    graceSeconds: typeof grace === 'number' ? (grace < 0 ? 1 : grace) : undefined,
    uid: textAt(body, 'preconditions', 'uid') || undefined,
    resourceVersion: textAt(body, 'preconditions', 'resourceVersion') || undefined,
    propagation: propagation as DeleteOptions['propagation'], // checked above
    dryRun: dry.length > 0,
  }
}

function listOf(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}

function numberOf(text: string | null): number | undefined {
  return text === null || text === '' ? undefined : Number(text)
}

/** Throws 409 when the object fails the caller's preconditions. */
export function requirePreconditions(live: ApiObject, address: ObjectAddress, options: DeleteOptions): void {
  const { uid, resourceVersion } = live.metadata
  const subject = { ...address.kind, plural: address.kind.kind }
  const refuse = (what: string, wanted: string, found: string | undefined, why: string): ApiFailure =>
    conflict(
      subject,
      address.name,
      `the ${what} in the precondition (${wanted}) does not match the ${what} in record (${found}). The object might have been ${why}`,
    )
  if (options.uid !== undefined && options.uid !== uid)
    throw refuse('UID', options.uid, uid, 'deleted and then recreated')
  if (options.resourceVersion !== undefined && options.resourceVersion !== resourceVersion) {
    throw refuse('ResourceVersion', options.resourceVersion, resourceVersion, 'modified')
  }
}

/** Deletes or starts to delete. Throws 403, 404 or 409. */
export function deleteObject(cluster: Cluster, address: ObjectAddress, options: DeleteOptions = plainDelete): Deleted {
  const live = liveObject(cluster, address)
  requirePreconditions(live, address, options)
  const { kind } = address
  if (kind.plural === 'namespaces' && kind.group === '' && immortal.has(address.name)) {
    throw forbidden(kind, address.name, 'this namespace may not be deleted')
  }
  if (kind.plural === 'pods' && kind.group === '') return deletePod(cluster, address, live, options)
  if (kind.plural === 'namespaces' && kind.group === '') return deleteNamespace(cluster, address, live, options)
  const finalizers = withPropagation(live.metadata.finalizers ?? [], options)
  if (finalizers.length > 0) return mark(cluster, address, live, { graceSeconds: 0, finalizers, options })
  return remove(cluster, address, live, options)
}

function withPropagation(finalizers: readonly string[], options: DeleteOptions): readonly string[] {
  const others = finalizers.filter(
    (name) => options.propagation === undefined || (name !== foreground && name !== orphan),
  )
  if (options.propagation === 'Foreground') return [...others, foreground]
  return options.propagation === 'Orphan' ? [...others, orphan] : others
}

interface Marking {
  readonly graceSeconds: number
  readonly finalizers: readonly string[]
  readonly options: DeleteOptions
}

/** Sets the deletion timestamp, or moves it forward; kubelet or the last finalizer finishes the deletion. */
function mark(cluster: Cluster, address: ObjectAddress, live: ApiObject, marking: Marking): Deleted {
  const { graceSeconds, finalizers } = marking
  const first = live.metadata.deletionTimestamp === undefined
  const metadata = {
    ...live.metadata,
    ...(finalizers.length > 0 ? { finalizers } : {}),
    deletionTimestamp:
      first || graceSeconds < (live.metadata.deletionGracePeriodSeconds ?? 0)
        ? deadline(cluster, live, graceSeconds)
        : live.metadata.deletionTimestamp,
    deletionGracePeriodSeconds: first
      ? graceSeconds
      : Math.min(graceSeconds, live.metadata.deletionGracePeriodSeconds ?? 0),
    ...(first && live.metadata.generation !== undefined ? { generation: live.metadata.generation + 1 } : {}),
  }
  const next: ApiObject = { ...live, metadata }
  const unchanged = !first && JSON.stringify(metadata) === JSON.stringify(live.metadata)
  if (unchanged || marking.options.dryRun) return { body: unchanged ? live : next, gone: false }
  return { body: cluster.store.put(storageKey(address.kind), next), gone: false }
}

/** The end of the grace period, counted from the first request and never in the past. */
function deadline(cluster: Cluster, live: ApiObject, graceSeconds: number): string {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = live.metadata
  if (deletionTimestamp === undefined) return timestamp(cluster.clock, graceSeconds * 1000)
  const asked = Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1000 + graceSeconds * 1000
  return timestamp(cluster.clock, Math.max(0, asked - cluster.clock.now()))
}

function deletePod(cluster: Cluster, address: ObjectAddress, live: ApiObject, options: DeleteOptions): Deleted {
  const finished = ['Succeeded', 'Failed'].includes(textAt(live, 'status', 'phase'))
  const bound = textAt(live, 'spec', 'nodeName') !== ''
  const own = at(live, 'spec', 'terminationGracePeriodSeconds')
  const asked = options.graceSeconds ?? (typeof own === 'number' ? own : 0)
  const finalizers = withPropagation(live.metadata.finalizers ?? [], options)
  const terminating = live.metadata.deletionTimestamp !== undefined
  if (terminating && numberAt(live, 'metadata', 'deletionGracePeriodSeconds') > 0) {
    const current = numberAt(live, 'metadata', 'deletionGracePeriodSeconds')
    const wanted = options.graceSeconds ?? current
    if (wanted >= current) return { body: live, gone: false }
    if (wanted > 0 || finalizers.length > 0) {
      return mark(cluster, address, live, {
        graceSeconds: Math.max(wanted, finalizers.length > 0 ? 0 : 1),
        finalizers,
        options,
      })
    }
    return remove(cluster, address, live, options)
  }
  const grace = bound && !finished ? asked : 0
  if ((grace > 0 && !terminating) || finalizers.length > 0) {
    return mark(cluster, address, live, { graceSeconds: grace, finalizers, options })
  }
  return remove(cluster, address, live, options)
}

/** The namespace controller empties the namespace and then removes its finalizer. */
function deleteNamespace(cluster: Cluster, address: ObjectAddress, live: ApiObject, options: DeleteOptions): Deleted {
  if (namespaceFinalizers(live) === 0) return remove(cluster, address, live, options)
  if (live.metadata.deletionTimestamp !== undefined) return { body: live, gone: false }
  const metadata = { ...live.metadata, deletionTimestamp: timestamp(cluster.clock) }
  const next = withAt({ ...live, metadata }, ['status', 'phase'], 'Terminating')
  return { body: options.dryRun ? next : cluster.store.put('namespaces', next), gone: false }
}

function remove(cluster: Cluster, address: ObjectAddress, live: ApiObject, options: DeleteOptions): Deleted {
  const { kind } = address
  const isDefinition = kind.plural === 'customresourcedefinitions'
  if (isDefinition && !options.dryRun) purge(cluster, live) // before its watches end, which still report the deletions
  const gone = options.dryRun
    ? live
    : (cluster.store.remove(storageKey(kind), objectKey(live.metadata.namespace, live.metadata.name)) ?? live)
  if (isDefinition) {
    if (!options.dryRun) establish(cluster, address.name)
    return { body: terminating(cluster, live), gone: true }
  }
  if (kind.plural === 'pods') return { body: ended(cluster, live), gone: true }
  if (kind.plural === 'serviceaccounts') return { body: gone, gone: true }
  return { body: successStatus(address, live), gone: true }
}

/** A pod that is deleted at once answers with a grace period of zero. */
function ended(cluster: Cluster, pod: ApiObject): ApiObject {
  const { deletionTimestamp = timestamp(cluster.clock), generation } = pod.metadata
  const first = pod.metadata.deletionTimestamp === undefined
  const counted = first && generation !== undefined ? { generation: generation + 1 } : {}
  return { ...pod, metadata: { ...pod.metadata, ...counted, deletionTimestamp, deletionGracePeriodSeconds: 0 } }
}

/** A definition answers as one whose instances are being deleted, although here they are gone. */
function terminating(cluster: Cluster, definition: ApiObject): ApiObject {
  const now = timestamp(cluster.clock)
  const condition = {
    lastTransitionTime: now,
    message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
    reason: 'InstanceDeletionPending',
    status: 'True',
    type: 'Terminating',
  }
  const metadata = { ...definition.metadata, deletionTimestamp: now, deletionGracePeriodSeconds: 0 }
  const conditions = [...listAt(definition, 'status', 'conditions'), condition]
  return withAt({ ...definition, metadata }, ['status', 'conditions'], conditions as Json) // conditions are plain JSON
}

function successStatus(address: ObjectAddress, live: ApiObject): JsonObject {
  const { kind } = address
  const details = {
    name: address.name,
    ...(kind.group === '' ? {} : { group: kind.group }),
    kind: kind.plural,
    uid: live.metadata.uid ?? '',
  }
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }
}
