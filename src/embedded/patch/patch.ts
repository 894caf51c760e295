/** PATCH, all four kinds, on an object or its status. */
import type { Cluster, ObjectAddress, WriteOptions, Written } from '../cluster.ts'
import {
  ApiFailure,
  badRequest,
  conflict,
  invalid,
  invalidValue,
  notFound,
  required,
  unsupportedMediaType,
} from '../failure.ts'
import { type ApiObject, at, isObject, type Json, textAt } from '../json.ts'
import { groupVersion, storageKey } from '../kinds.ts'
import { trackApply } from '../ownership/track.ts'
import { OwnershipError } from '../ownership/walk.ts'
import { checkKind, inVersion, nameFromPath, prepare, withPlace } from '../prepare.ts'
import { undeclaredFields } from '../schema/undeclared.ts'
import { objectKey } from '../store.ts'
import { insertObject, liveObject, requireVersion, storeTracked, storeUpdate, writeOf } from '../write.ts'
import { applyJsonPatch } from './json-patch.ts'
import { applyMergePatch, applyStrategicPatch } from './merge-patch.ts'

export const jsonPatchType = 'application/json-patch+json'
export const mergePatchType = 'application/merge-patch+json'
export const strategicPatchType = 'application/strategic-merge-patch+json'
export const applyPatchType = 'application/apply-patch+yaml'

/** PATCH with any of the four content types. */
export function patchObject(
  cluster: Cluster,
  address: ObjectAddress,
  body: Json,
  contentType: string,
  options: WriteOptions,
): Written {
  if (contentType === applyPatchType) return applyObject(cluster, address, body, options)
  const live = liveObject(cluster, address)
  const patched = patchedBody(address, live, body, contentType)
  const next = nameFromPath(preparePatched(address, patched, options), address)
  requireVersion(live, next, address)
  return storeUpdate(cluster, address, live, next, options)
}

/** Decodes a patched object; a failure answers 422, because the patch caused it. */
function preparePatched(address: ObjectAddress, patched: Json, options: WriteOptions): ApiObject {
  try {
    return prepare(address.kind, patched, options)
  } catch (error) {
    if (!(error instanceof ApiFailure) || error.code !== 400) throw error
    const detail = error.message.replace(/^.* cannot be handled as a \w+: /, '')
    throw invalid({ group: '', plural: '', kind: '' }, '', [invalidValue('patch', JSON.stringify(patched), detail)])
  }
}

/** The body a patch makes of a stored object; also used for subresources that are not objects of their own. */
export function patchedBody(address: ObjectAddress, live: Json, body: Json, contentType: string): Json {
  switch (contentType) {
    case jsonPatchType:
      return applyJsonPatch(live, body)
    case mergePatchType:
      if (!isObject(body)) throw badRequest('error decoding patch: json: cannot unmarshal array into Go value')
      return applyMergePatch(live, body)
    case strategicPatchType:
      if (address.kind.custom) throw unsupportedMediaType([jsonPatchType, mergePatchType, applyPatchType])
      if (!isObject(body)) throw badRequest('error decoding patch: json: cannot unmarshal array into Go value')
      return applyStrategicPatch(address.kind.shape, live, body) ?? {}
    default:
      if (address.kind.custom) throw unsupportedMediaType([jsonPatchType, mergePatchType, applyPatchType])
      throw new ApiFailure(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {})
  }
}

function applyObject(cluster: Cluster, address: ObjectAddress, body: Json, options: WriteOptions): Written {
  const { kind } = address
  if (options.manager === '') {
    const subject = { group: 'meta.k8s.io', plural: '', kind: 'PatchOptions' }
    throw invalid(subject, '', [required('fieldManager', 'is required for apply patch')])
  }
  const config = readConfig(address, body)
  const stored = cluster.store.get(storageKey(kind), objectKey(address.namespace, address.name))
  const known = stored && inVersion(kind, stored)
  if (!known && address.subresource !== '') throw notFound(kind, address.name)
  if (!known && config.metadata.uid) {
    const why = `uid mismatch: the provided object specified uid ${config.metadata.uid}, and no existing object was found`
    throw conflict(kind, address.name, why)
  }
  const skeleton: ApiObject = { apiVersion: groupVersion(kind), kind: kind.kind, metadata: { name: '' } }
  const live = known ?? withPlace(skeleton, address.name, address.namespace)
  if (known) requireVersion(known, config, address)
  const applied = ownershipErrors(() =>
    trackApply(live, config, writeOf(cluster, address, options, 'Apply'), options.force),
  )
  if (known && !applied.changed) return { code: 200, object: known }
  const object = prepare(kind, applied.object, options)
  const placed = withPlace(object, address.name, address.namespace)
  return known ? storeTracked(cluster, address, known, placed, options) : insertObject(cluster, kind, placed, options)
}

/** The applied configuration as sent, because the applier does not own defaults and zero values. */
function readConfig(address: ObjectAddress, body: Json): ApiObject {
  const { kind } = address
  if (!isObject(body)) throw badRequest('error decoding YAML: the body is not an object')
  if (textAt(body, 'kind') === '') throw badRequest(`Object 'Kind' is missing in '${JSON.stringify(body)}'`)
  if (body.apiVersion !== groupVersion(kind)) {
    throw badRequest(
      `Incorrect version specified in apply patch. Specified patch version: ${String(body.apiVersion)}, expected: ${groupVersion(kind)}`,
    )
  }
  checkKind(kind, body)
  if (at(body, 'metadata', 'managedFields') !== undefined) throw badRequest('metadata.managedFields must be nil')
  const undeclared = undeclaredFields(kind.shape, body)
  if (undeclared.length > 0) {
    const place = `${address.namespace ?? ''}/${address.name}; ${groupVersion(kind)}, Kind=${kind.kind}`
    const why = `.${undeclared[0]}: field not declared in schema`
    throw new ApiFailure(500, '', `failed to create typed patch object (${place}): ${why}`)
  }
  const metadata = at(body, 'metadata')
  const object = { ...body, metadata: { name: '', ...(isObject(metadata) ? metadata : {}) } } as unknown as ApiObject // kind and version were checked above
  return nameFromPath(object, address)
}

function ownershipErrors<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof OwnershipError) {
      throw new ApiFailure(500, '', `failed to create typed patch object: ${error.message}`)
    }
    throw error
  }
}
