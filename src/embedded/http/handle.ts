/** Answers one request to the API, given its route; no sockets. */
import type { Cluster, ObjectAddress, WriteOptions, Written } from '../cluster.ts'
import { establish } from '../custom/definition.ts'
import { deleteObject, readDeleteOptions } from '../delete.ts'
import { evictPod } from '../evict.ts'
import { badRequest, invalid, notSupported } from '../failure.ts'
import { type ApiObject, isObject, type Json, type JsonObject } from '../json.ts'
import { groupVersion, type ServedKind } from '../kinds.ts'
import { listPage, selectionOf } from '../list.ts'
import { patchObject } from '../patch/patch.ts'
import { inVersion } from '../prepare.ts'
import { bindPod } from '../subresource/binding.ts'
import { patchScale, readScale, updateScale } from '../subresource/scale.ts'
import { asMetadata, asTable, type IncludeObject } from '../table/table.ts'
import { isTrue, type WatchRequest, watchRequest } from '../watch.ts'
import { createObject, liveObject, updateObject } from '../write.ts'
import type { Form } from './negotiate.ts'
import type { ResourceRoute, Verb } from './route.ts'

export interface ApiRequest {
  readonly verb: Verb
  readonly route: ResourceRoute
  readonly query: URLSearchParams
  readonly body: Json | undefined
  /** Media type of the body. */
  readonly contentType: string
  readonly form: Form
  readonly userAgent: string
  /** Receives texts for `Warning` headers. */
  readonly warn: (text: string) => void
}

export interface Answer {
  readonly code: number
  readonly body: JsonObject
}

export interface WatchAnswer {
  readonly watch: WatchRequest
  readonly include: IncludeObject
}

/** Runs the request. Throws {@link import('../failure.ts').ApiFailure}. */
export function handle(cluster: Cluster, request: ApiRequest): Answer | WatchAnswer {
  const { verb, route, query } = request
  const address: ObjectAddress = route
  switch (verb) {
    case 'list':
      return { code: 200, body: listBody(cluster, request) }
    case 'watch': {
      const selection = selectionOf(route.kind, route.namespace, query)
      return { watch: watchRequest(selection, query), include: includeObject(query) }
    }
    case 'get':
      return shown(cluster, request, readObject(cluster, address))
    case 'create':
      return route.subresource === '' ? created(cluster, request) : createSubresource(cluster, request)
    case 'update':
    case 'patch':
      return changed(cluster, request)
    case 'delete': {
      const { body } = deleteObject(cluster, address, readDeleteOptions(request.body, query))
      return isStored(body) ? shown(cluster, request, body) : { code: 200, body }
    }
    case 'deletecollection':
      return { code: 200, body: deleteCollection(cluster, request) }
  }
}

function isStored(body: JsonObject): body is ApiObject {
  return body.kind !== 'Status'
}

function readObject(cluster: Cluster, address: ObjectAddress): ApiObject {
  return address.subresource === 'scale' ? readScale(cluster, address) : liveObject(cluster, address)
}

/** `includeObject` of a table request. Throws 400. */
export function includeObject(query: URLSearchParams): IncludeObject {
  const asked = query.get('includeObject') || 'Metadata'
  if (asked === 'None' || asked === 'Metadata' || asked === 'Object') return asked
  throw badRequest(`unrecognized includeObject value: "${asked}"`)
}

/** Options of a write, from its query. Throws 400 or 422. */
export function writeOptions(request: ApiRequest): WriteOptions {
  const { query, userAgent } = request
  const validation = query.get('fieldValidation') || 'Warn'
  const subject = {
    group: 'meta.k8s.io',
    plural: '',
    kind: request.verb === 'patch' ? 'PatchOptions' : 'CreateOptions',
  }
  if (validation !== 'Ignore' && validation !== 'Warn' && validation !== 'Strict') {
    throw invalid(subject, '', [notSupported('fieldValidation', validation, ['Ignore', 'Warn', 'Strict', ''])])
  }
  for (const value of query.getAll('dryRun')) {
    if (value !== 'All') throw invalid(subject, '', [notSupported('dryRun', value, ['All'])])
  }
  const isApply = request.contentType.startsWith('application/apply-patch')
  const force = query.get('force')
  if (force !== null && !isApply) {
    const message = 'Forbidden: may not be specified for non-apply patch'
    throw invalid(subject, '', [{ reason: 'FieldValueForbidden', message, field: 'force' }])
  }
  const manager = query.get('fieldManager') ?? ''
  return {
    manager: isApply ? manager : manager || managerOf(userAgent),
    dryRun: query.getAll('dryRun').length > 0,
    fieldValidation: validation,
    force: isTrue(force),
    warn: request.warn,
  }
}

/** The field manager of a client that names none: its program, from the User-Agent. */
function managerOf(userAgent: string): string {
  return (userAgent.split('/', 1)[0] || 'unknown').slice(0, 128)
}

function listBody(cluster: Cluster, request: ApiRequest): JsonObject {
  const { route, query, form } = request
  const page = listPage(cluster, selectionOf(route.kind, route.namespace, query), query)
  const metadata = {
    resourceVersion: String(page.revision),
    ...(page.continueToken === undefined ? {} : { continue: page.continueToken }),
    ...(page.remaining === undefined ? {} : { remainingItemCount: page.remaining }),
  }
  if (form === 'table') {
    const options = { include: includeObject(query), nowMs: cluster.clock.now(), listMeta: metadata }
    return asTable(route.kind, page.items, options)
  }
  if (form === 'metadata') {
    const items = page.items.map(asMetadata)
    return { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items }
  }
  return {
    kind: route.kind.listKind,
    apiVersion: groupVersion(route.kind),
    metadata,
    items: page.items.map((item) => listed(item, route.kind)),
  }
}

/** Items of a built-in list carry no kind of their own. */
function listed(item: ApiObject, kind: ServedKind): JsonObject {
  if (kind.custom) return inVersion(kind, item)
  const { kind: _kind, apiVersion: _version, ...rest } = item
  return rest
}

/** One object in the form the client asked for. */
function shown(cluster: Cluster, request: ApiRequest, object: ApiObject, code = 200): Answer {
  return { code, body: inForm(cluster, request, object) }
}

function inForm(cluster: Cluster, request: ApiRequest, object: ApiObject): JsonObject {
  if (request.form === 'object' || request.route.subresource === 'scale') return object
  if (request.form === 'metadata') return asMetadata(object)
  const { resourceVersion = '' } = object.metadata
  const options = { include: includeObject(request.query), nowMs: cluster.clock.now(), listMeta: { resourceVersion } }
  return asTable(request.route.kind, [object], options)
}

function written(cluster: Cluster, request: ApiRequest, result: Written): Answer {
  afterWrite(cluster, request.route.kind, result.object.metadata.name)
  return shown(cluster, request, result.object, result.code)
}

/** Makes a stored definition take effect at once. */
function afterWrite(cluster: Cluster, kind: ServedKind, name: string): void {
  if (kind.plural === 'customresourcedefinitions') establish(cluster, name)
}

function needBody(request: ApiRequest): Json {
  if (request.body === undefined) throw badRequest('the request needs a body')
  return request.body
}

function created(cluster: Cluster, request: ApiRequest): Answer {
  const { kind, namespace } = request.route
  return written(cluster, request, createObject(cluster, kind, namespace, needBody(request), writeOptions(request)))
}

function createSubresource(cluster: Cluster, request: ApiRequest): Answer {
  const options = writeOptions(request)
  const address: ObjectAddress = request.route
  const body = needBody(request)
  const answer =
    address.subresource === 'eviction'
      ? evictPod(cluster, address, body, options)
      : bindPod(cluster, address, body, options)
  return { code: 201, body: answer }
}

function changed(cluster: Cluster, request: ApiRequest): Answer {
  const address: ObjectAddress = request.route
  const body = needBody(request)
  const options = writeOptions(request)
  if (address.subresource === 'scale') {
    const object =
      request.verb === 'update'
        ? updateScale(cluster, address, body, options)
        : patchScale(cluster, address, body, request.contentType, options)
    return shown(cluster, request, object)
  }
  const result =
    request.verb === 'update'
      ? updateObject(cluster, address, body, options)
      : patchObject(cluster, address, body, request.contentType, options)
  return written(cluster, request, result)
}

function deleteCollection(cluster: Cluster, request: ApiRequest): JsonObject {
  const { route, query } = request
  const page = listPage(cluster, selectionOf(route.kind, route.namespace, query), query)
  const options = readDeleteOptions(isObject(request.body) ? request.body : undefined, query)
  for (const item of page.items) {
    const address: ObjectAddress = { ...route, namespace: item.metadata.namespace, name: item.metadata.name }
    deleteObject(cluster, address, options)
  }
  const items = page.items.map((item) => listed(item, route.kind))
  const metadata = { resourceVersion: String(page.revision) }
  return { kind: route.kind.listKind, apiVersion: groupVersion(route.kind), metadata, items }
}
