/** What providers that work through the Kubernetes API do with its objects. */
import type { Api, KubeObject, Resource } from '../kube/api.ts'
import { isKubeError } from '../kube/errors.ts'
import { deleteObject, getObject } from '../kube/objects.ts'
import type { NodeRef, RepairTarget } from '../model/repair.ts'

/** The object of that name; undefined when there is none, or no such kind. Rejects with KubeError. */
export async function readIfThere<T extends KubeObject>(
  api: Api,
  resource: Resource,
  name: string,
  { namespace, timeoutMs }: { readonly namespace?: string; readonly timeoutMs?: number } = {},
): Promise<T | undefined> {
  const ref = { name, ...(namespace !== undefined && { namespace }) }
  try {
    return await getObject<T>(api, resource, ref, timeoutMs === undefined ? {} : { timeoutMs })
  } catch (error) {
    if (isKubeError(error, 'NM_KUBE_NOT_FOUND')) return undefined
    throw error
  }
}

/** Deletes the target, unless it is gone or another object by now. Rejects with KubeError. */
export async function deleteTarget(
  api: Api,
  resource: Resource,
  target: RepairTarget,
  timeoutMs: number,
): Promise<void> {
  try {
    await deleteObject(api, resource, { name: target.name }, { uid: target.uid, timeoutMs })
  } catch (error) {
    if (!isKubeError(error, 'NM_KUBE_NOT_FOUND', 'NM_KUBE_CONFLICT')) throw error // gone, or another one by now
  }
}

/** When the server stored it, wall clock. */
export function createdAt({ metadata }: KubeObject): number {
  return Date.parse(metadata.creationTimestamp ?? '')
}

/** A Node object by name and UID. */
export function asNodeRef({ metadata: { name = '', uid = '' } }: KubeObject): NodeRef {
  return { name, uid }
}
