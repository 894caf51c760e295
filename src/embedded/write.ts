/** Creating and updating objects: ownership, admission, validation, generation, no-op detection, storing. */
import {
  type Cluster,
  nameSuffix,
  newUid,
  type ObjectAddress,
  plainWrite,
  timestamp,
  type WriteOptions,
  type Written,
} from './cluster.ts'
import {
  countGeneration,
  holdsContent,
  refuseInvalid,
  sameButTimes,
  withinEndpoint,
  withSystemFields,
} from './endpoint.ts'
import { ApiFailure, alreadyExists, badRequest, conflict, forbidden, invalid, modified, notFound } from './failure.ts'
import { type ApiObject, type Json, type JsonObject, withAt } from './json.ts'
import { builtinKind, groupVersion, type ServedKind, storageKey } from './kinds.ts'
import { trackUpdate, type Write } from './ownership/track.ts'
import { inVersion, nameFromPath, prepare, withPlace } from './prepare.ts'
import { isTerminating } from './rules/plain.ts'
import { rulesOf } from './rules/table.ts'
import { decode } from './schema/decode.ts'
import { objectKey } from './store.ts'

const maxNamePrefix = 58
/** Kinds whose PUT may create an object. */
const createdByPut = new Set(['leases.coordination.k8s.io', 'events'])
/** Kinds whose updates must name a resource version. */
const conditionalOnly = new Set([
  'leases.coordination.k8s.io',
  'poddisruptionbudgets.policy',
  'customresourcedefinitions.apiextensions.k8s.io',
  'volumeattachments.storage.k8s.io',
])

/** The stored object; throws 404. */
export function liveObject(cluster: Cluster, address: ObjectAddress): ApiObject {
  const live = cluster.store.get(storageKey(address.kind), objectKey(address.namespace, address.name))
  if (!live) throw notFound(address.kind, address.name)
  return inVersion(address.kind, live)
}

/** How this write is recorded in managedFields. */
export function writeOf(
  cluster: Cluster,
  address: ObjectAddress,
  options: WriteOptions,
  operation: 'Apply' | 'Update',
): Write {
  const { kind, subresource } = address
  const reset =
    subresource === 'status' ? (rulesOf(kind).resetOnStatus ?? [['spec']]) : kind.hasStatus ? [['status']] : []
  return {
    shape: kind.shape,
    owner: { manager: options.manager, operation, apiVersion: groupVersion(kind), subresource },
    reset,
    blank: blankObject(kind),
    now: timestamp(cluster.clock),
  }
}

/** The decoded form of an empty body. */
function blankObject(kind: ServedKind): JsonObject {
  return kind.custom ? {} : decode(kind.shape, {}, kind.kind, kind.version).value
}

/** POST. Throws 400, 403, 404 (namespace), 409 or 422. */
export function createObject(
  cluster: Cluster,
  kind: ServedKind,
  namespace: string | undefined,
  body: Json,
  options: WriteOptions = plainWrite,
): Written {
  const object = prepare(kind, body, options)
  if (namespace !== undefined && object.metadata.namespace !== undefined && object.metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
  if (object.metadata.resourceVersion) {
    throw new ApiFailure(500, '', 'resourceVersion should not be set on objects to be created')
  }
  const placed = withPlace(object, object.metadata.name || generatedName(cluster, object), namespace)
  const address: ObjectAddress = { kind, namespace, name: placed.metadata.name, subresource: '' }
  const tracked = recordOwners(cluster, undefined, placed, address, options)
  return insertObject(cluster, kind, tracked, options)
}

function generatedName(cluster: Cluster, object: ApiObject): string {
  const prefix = object.metadata.generateName
  return typeof prefix === 'string' && prefix !== ''
    ? `${prefix.slice(0, maxNamePrefix)}${nameSuffix(cluster.random)}`
    : ''
}

/** Admission, validation and storage of a new object whose ownership is already recorded. */
export function insertObject(cluster: Cluster, kind: ServedKind, object: ApiObject, options: WriteOptions): Written {
  const rules = rulesOf(kind)
  if (object.metadata.name !== '') requireNamespace(cluster, kind, object)
  const clean = kind.hasStatus && !rules.keepStatusOnCreate ? withAt(object, ['status'], emptyStatus(kind)) : object
  const admitted = rules.create?.(clean) ?? clean
  const stamped: ApiObject = {
    ...admitted,
    metadata: {
      ...withoutDeletion(admitted),
      uid: newUid(cluster.random),
      creationTimestamp: timestamp(cluster.clock),
      ...(kind.hasGeneration ? { generation: 1 } : {}),
    },
  }
  refuseInvalid(kind, stamped, undefined)
  const key = storageKey(kind)
  if (cluster.store.get(key, objectKey(stamped.metadata.namespace, stamped.metadata.name))) {
    throw alreadyExists(kind, stamped.metadata.name)
  }
  return { code: 201, object: options.dryRun ? stamped : cluster.store.put(key, stamped) }
}

/** A dropped status becomes the type's zero value; custom resources have none. */
function emptyStatus(kind: ServedKind): Json | undefined {
  if (kind.custom) return undefined
  return blankObject(kind).status
}

function withoutDeletion(object: ApiObject): ApiObject['metadata'] {
  const {
    deletionTimestamp: _at,
    deletionGracePeriodSeconds: _grace,
    selfLink: _link,
    generation: _g,
    ...rest
  } = object.metadata
  return rest as ApiObject['metadata']
}

function requireNamespace(cluster: Cluster, kind: ServedKind, object: ApiObject): void {
  const namespace = object.metadata.namespace
  if (!kind.namespaced || namespace === undefined) return
  const found = cluster.store.get('namespaces', objectKey(undefined, namespace))
  if (!found) throw notFound(builtinKind('namespaces'), namespace)
  if (!isTerminating(found)) return
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`
  throw forbidden(kind, object.metadata.name, why, [
    {
      reason: 'NamespaceTerminating',
      message: `namespace ${namespace} is being terminated`,
      field: 'metadata.namespace',
    },
  ])
}

/** PUT. */
export function updateObject(
  cluster: Cluster,
  address: ObjectAddress,
  body: Json,
  options: WriteOptions = plainWrite,
): Written {
  const object = prepare(address.kind, body, options)
  if (object.metadata.name === '') {
    throw badRequest(`the name of the object (${address.name} based on URL) was undeterminable: name must be provided`)
  }
  const next = nameFromPath(object, address)
  const known = cluster.store.get(storageKey(address.kind), objectKey(address.namespace, address.name))
  if (
    !known &&
    address.subresource === '' &&
    createdByPut.has(storageKey(address.kind)) &&
    !next.metadata.resourceVersion
  ) {
    return createObject(cluster, address.kind, address.namespace, next, options)
  }
  const live = liveObject(cluster, address)
  if (!next.metadata.resourceVersion && needsVersion(address.kind)) {
    const detail = 'must be specified for an update'
    throw invalid({ ...address.kind, kind: address.kind.plural }, address.name, [
      { reason: 'FieldValueInvalid', message: `Invalid value: 0: ${detail}`, field: 'metadata.resourceVersion' },
    ])
  }
  requireSame(live, next, address)
  return storeUpdate(cluster, address, live, next, options)
}

function needsVersion(kind: ServedKind): boolean {
  return kind.custom !== undefined || conditionalOnly.has(storageKey(kind))
}

/** Optimistic concurrency: 409 when the body of a PUT names another version or uid. */
function requireSame(live: ApiObject, next: ApiObject, address: ObjectAddress): void {
  const { uid } = next.metadata
  if (uid && uid !== live.metadata.uid) {
    const failed = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.metadata.uid}`
    const where = `Key: ${storagePath(address)}, ResourceVersion: 0`
    const why = `StorageError: invalid object, Code: 4, ${where}, AdditionalErrorMsg: ${failed}`
    throw conflict(address.kind, address.name, why)
  }
  requireVersion(live, next, address)
}

/** 409 when the body names another version. */
export function requireVersion(live: ApiObject, next: ApiObject, address: ObjectAddress): void {
  const { resourceVersion } = next.metadata
  if (resourceVersion && resourceVersion !== live.metadata.resourceVersion) throw modified(address.kind, address.name)
}

/** Where etcd would hold the object; the real server names it when a precondition fails. */
function storagePath(address: ObjectAddress): string {
  const { kind, namespace, name } = address
  const folder = kind.plural === 'nodes' && kind.group === '' ? 'minions' : kind.plural
  const group = kind.custom || kind.group === 'apiextensions.k8s.io' ? `${kind.group}/` : ''
  return `/registry/${group}${folder}/${namespace === undefined ? '' : `${namespace}/`}${name}`
}

/** Stores `next`, what the caller wants, over `live`; ownership is recorded as an Update. */
export function storeUpdate(
  cluster: Cluster,
  address: ObjectAddress,
  live: ApiObject,
  next: ApiObject,
  options: WriteOptions,
): Written {
  const kept = withSystemFields(next, live)
  const tracked = recordOwners(cluster, live, kept, address, options)
  return storeTracked(cluster, address, live, tracked, options)
}

function recordOwners(
  cluster: Cluster,
  live: ApiObject | undefined,
  next: ApiObject,
  address: ObjectAddress,
  options: WriteOptions,
): ApiObject {
  return cluster.tracksOwners ? trackUpdate(live, next, writeOf(cluster, address, options, 'Update')) : next
}

/** Stores an object whose ownership is recorded: restores the fields that the endpoint may not change, validates, counts the generation. */
export function storeTracked(
  cluster: Cluster,
  address: ObjectAddress,
  live: ApiObject,
  tracked: ApiObject,
  options: WriteOptions,
): Written {
  const { kind } = address
  const limited = withinEndpoint(kind, address.subresource, withSystemFields(tracked, live), live)
  const next = countGeneration(kind, limited, live)
  refuseInvalid(kind, next, live)
  const written = (object: ApiObject): Written => ({ code: 200, object })
  if (sameButTimes(next, live)) return written(live)
  if (options.dryRun) return written(next)
  const isGone = next.metadata.deletionTimestamp !== undefined && !next.metadata.finalizers?.length
  if (isGone && (next.metadata.deletionGracePeriodSeconds ?? 0) === 0 && !holdsContent(kind, next)) {
    cluster.store.remove(storageKey(kind), objectKey(next.metadata.namespace, next.metadata.name))
    return written(next)
  }
  return written(cluster.store.put(storageKey(kind), next))
}
