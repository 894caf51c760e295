/** Deletions that no budget can refuse. A Job is told that its pod did not fail by itself. */
import { type Api, pods } from '../../../kube/api.ts'
import { isKubeError } from '../../../kube/errors.ts'
import { deleteObject, patchObject } from '../../../kube/objects.ts'
import type { DrainPod } from './pod.ts'

/** What podFailurePolicy of a Job looks for; an eviction sets it by itself (KEP-3329). */
const disruptionTarget = 'DisruptionTarget'

/** Deletes the pod with `gracePeriodSeconds`. True when it now leaves. */
export async function deletePod(
  api: Api,
  pod: DrainPod,
  gracePeriodSeconds: number,
  attempt: string,
  now: number,
): Promise<boolean> {
  const { namespace, name, uid } = pod
  try {
    await markDisrupted(api, pod, attempt, now)
    await deleteObject(api, pods, { namespace, name }, { uid, gracePeriodSeconds })
    return true
  } catch (error) {
    if (isKubeError(error)) return false // gone, another pod by now, or the next pass tries again
    throw error
  }
}

/** Without the right to write it the pod is deleted all the same. */
async function markDisrupted(api: Api, { namespace, name }: DrainPod, attempt: string, now: number): Promise<void> {
  const condition = {
    type: disruptionTarget,
    status: 'True',
    reason: 'DeletionByNodeRepair',
    message: `NodeRepair ${attempt} deletes the pod: the time of its drain is up`,
    lastTransitionTime: new Date(now).toISOString().replace(/\.\d+Z$/, 'Z'),
  }
  const patch = { status: { conditions: [condition] } }
  try {
    await patchObject(api, pods, { namespace, name }, patch, { type: 'strategic', subresource: 'status' })
  } catch (error) {
    if (!isKubeError(error, 'NM_KUBE_FORBIDDEN', 'NM_KUBE_NOT_FOUND', 'NM_KUBE_INVALID')) throw error
  }
}
