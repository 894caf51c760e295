/** One function per verb. Each is a single exchange (lists: one per page) and rejects with KubeError. */
import type { Api, Call, KubeObject, ObjectRef, Resource } from './api.ts'
import { pods } from './api.ts'
import { isKubeError } from './errors.ts'
import { type EvictionAnswer, judgeEviction } from './eviction.ts'

/** Per-call limits that every verb takes. */
export interface CallOptions {
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

export interface WriteOptions extends CallOptions {
  readonly subresource?: string
  /** Dry run: the server does everything except storing the result. */
  readonly dryRun?: boolean
  readonly fieldManager?: string
}

/** Reads one object. `NM_KUBE_NOT_FOUND` when there is none. */
export function getObject<T extends KubeObject>(
  api: Api,
  resource: Resource,
  ref: ObjectRef,
  options: CallOptions & { readonly subresource?: string } = {},
): Promise<T> {
  return api.request<T>({ verb: 'get', resource, ...ref, ...options })
}

export interface ListOptions<T, Raw> extends CallOptions {
  /** All namespaces when absent. */
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** Objects per page. Default 500; 0 asks for everything in one answer. */
  readonly limit?: number
  /** Keeps the needed fields of each object, so that memory holds only one page in full. */
  readonly project?: (object: Raw) => T
}

export interface ObjectList<T> {
  readonly items: readonly T[]
  /** The version of the whole list: where a watch starts. */
  readonly resourceVersion: string
}

interface Page<Raw> {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string }
  readonly items?: readonly Raw[] | null
}

/** How often a list starts anew after an expired continue token before it rejects. */
const maxListRestarts = 3

/** Lists in pages. A continue token that expired under a slow list restarts it, so that the result is always of one version. */
export async function listObjects<T, Raw extends KubeObject = T & KubeObject>(
  api: Api,
  resource: Resource,
  options: ListOptions<T, Raw> = {},
): Promise<ObjectList<T>> {
  for (let restarts = 0; ; restarts++) {
    try {
      return await listOnce(api, resource, options)
    } catch (error) {
      if (!isKubeError(error, 'NM_KUBE_EXPIRED') || restarts >= maxListRestarts) throw error
    }
  }
}

async function listOnce<T, Raw extends KubeObject>(
  api: Api,
  resource: Resource,
  options: ListOptions<T, Raw>,
): Promise<ObjectList<T>> {
  const { namespace, labelSelector, fieldSelector, limit = 500, project, timeoutMs, signal } = options
  const items: T[] = []
  for (let next: string | undefined; ; ) {
    const page: Page<Raw> = await api.request({
      verb: 'list',
      resource,
      ...(namespace === undefined ? {} : { namespace }),
      query: { limit, labelSelector, fieldSelector, continue: next },
      ...limits({ timeoutMs, signal }),
    })
    for (const raw of page.items ?? []) {
      items.push(project ? project(raw) : (raw as unknown as T)) // without a projection Raw is T: the default of the type
    }
    next = page.metadata?.continue || undefined
    if (next === undefined) return { items, resourceVersion: page.metadata?.resourceVersion ?? '' }
  }
}

/** Creates an object in the namespace of its metadata. `NM_KUBE_EXISTS` when the name is taken. */
export function createObject<T extends KubeObject>(
  api: Api,
  resource: Resource,
  body: T,
  options: WriteOptions = {},
): Promise<T> {
  const { namespace } = body.metadata
  const scope = namespace === undefined ? {} : { namespace }
  return api.request<T>({ verb: 'create', resource, ...scope, body: typed(resource, body), ...write(options) })
}

/** Replaces an object; with `metadata.resourceVersion` in the body only if it did not change (`NM_KUBE_CONFLICT`). */
export function replaceObject<T extends KubeObject>(
  api: Api,
  resource: Resource,
  ref: ObjectRef,
  body: T,
  options: WriteOptions = {},
): Promise<T> {
  return api.request<T>({ verb: 'update', resource, ...ref, body: typed(resource, body), ...write(options) })
}

export interface PatchOptions extends WriteOptions {
  readonly type: 'merge' | 'json' | 'strategic'
}

/** Patches an object. `merge` replaces lists whole, other owners' entries included. */
export function patchObject<T extends KubeObject>(
  api: Api,
  resource: Resource,
  ref: ObjectRef,
  patch: unknown,
  options: PatchOptions,
): Promise<T> {
  const kind = options.type === 'strategic' ? 'strategic-merge' : options.type
  const contentType = `application/${kind}-patch+json`
  return api.request<T>({ verb: 'patch', resource, ...ref, body: patch, contentType, ...write(options) })
}

export interface ApplyOptions extends WriteOptions {
  readonly fieldManager: string
  /** Takes fields over from other managers instead of failing with `NM_KUBE_CONFLICT`. */
  readonly force?: boolean
  /** Requests the object's metadata only, so that the answer stays small. */
  readonly metadataOnly?: boolean
}

const metadataAccept = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'

/** Server-side apply: the body holds exactly the fields that this manager owns; the server removes what this manager owned before and leaves out now. */
export function applyObject<T extends KubeObject>(
  api: Api,
  resource: Resource,
  ref: ObjectRef,
  body: object,
  options: ApplyOptions,
): Promise<T> {
  const given = body as { readonly metadata?: object } // an apply body is partial: only what its manager owns
  const { name, namespace } = ref
  const metadata = { ...given.metadata, name, ...(namespace === undefined ? {} : { namespace }) }
  const call: Call = {
    verb: 'apply',
    resource,
    ...ref,
    body: { ...typed(resource, given), metadata },
    contentType: 'application/apply-patch+yaml',
    ...write(options),
    ...(options.metadataOnly ? { accept: metadataAccept } : {}),
  }
  return api.request<T>({ ...call, query: { ...call.query, force: options.force ? true : undefined } })
}

export interface DeleteOptions extends CallOptions {
  /** Precondition: the object's UID. `NM_KUBE_CONFLICT` when it differs. */
  readonly uid?: string
  readonly resourceVersion?: string
  readonly gracePeriodSeconds?: number
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground'
  readonly dryRun?: boolean
}

/** Deletes an object, or starts its deletion where finalizers or grace hold it. */
export async function deleteObject(
  api: Api,
  resource: Resource,
  ref: ObjectRef,
  options: DeleteOptions = {},
): Promise<void> {
  await api.request({ verb: 'delete', resource, ...ref, body: deleteBody(options), ...limits(options) })
}

export interface EvictOptions extends CallOptions {
  /** The pod's own when absent. */
  readonly gracePeriodSeconds?: number
  readonly dryRun?: boolean
}

/** Evicts a pod within its budgets. Every answer is data, and so is none: see {@link EvictionAnswer}. */
export async function evictPod(
  api: Api,
  pod: { readonly namespace: string; readonly name: string; readonly uid?: string },
  options: EvictOptions = {},
): Promise<EvictionAnswer> {
  const { namespace, name, uid } = pod
  const deleteOptions = deleteBody({ ...options, ...(uid === undefined ? {} : { uid }) })
  try {
    await api.request({
      verb: 'evict',
      resource: pods,
      namespace,
      name,
      subresource: 'eviction',
      body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace }, deleteOptions },
      query: { dryRun: options.dryRun ? 'All' : undefined },
      ...limits(options),
    })
    return { kind: 'evicted' }
  } catch (error) {
    return judgeEviction(error)
  }
}

function deleteBody(options: DeleteOptions): object {
  const { uid, resourceVersion, gracePeriodSeconds, propagationPolicy, dryRun } = options
  const preconditions =
    uid === undefined && resourceVersion === undefined
      ? {}
      : {
          preconditions: {
            ...(uid === undefined ? {} : { uid }),
            ...(resourceVersion === undefined ? {} : { resourceVersion }),
          },
        }
  return {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    ...preconditions,
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(dryRun ? { dryRun: ['All'] } : {}),
  }
}

/** Adds apiVersion and kind, which follow from the resource. */
function typed<T extends object>(resource: Resource, body: T): T & { apiVersion: string; kind: string } {
  const apiVersion = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`
  return { apiVersion, kind: resource.kind, ...body }
}

function limits(options: {
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}): CallOptions {
  const { timeoutMs, signal } = options
  return { ...(timeoutMs === undefined ? {} : { timeoutMs }), ...(signal === undefined ? {} : { signal }) }
}

function write(options: WriteOptions): Pick<Call, 'subresource' | 'query' | 'timeoutMs' | 'signal'> {
  const { subresource, dryRun, fieldManager } = options
  return {
    ...(subresource === undefined ? {} : { subresource }),
    query: { dryRun: dryRun ? 'All' : undefined, fieldManager },
    ...limits(options),
  }
}
