/** What keeps a pod on its node for a time: annotations, and an end of its own that the policy waits for. */
import { parseDuration } from '../../../catalog/duration.ts'
import type { DrainLimits } from '../../../model/policy.ts'
import { type DrainPod, podText } from './pod.ts'

export const doNotDisruptKeys = ['nodemend.dev/do-not-disrupt', 'karpenter.sh/do-not-disrupt'] as const
const safeToEvictKey = 'cluster-autoscaler.kubernetes.io/safe-to-evict'
/** What a do-not-disrupt may say besides a duration. */
const switches: readonly string[] = ['true', 'false']

/** Why the pod may not be evicted before the deadline; an unreadable value protects nothing. */
export function protectionOf(pod: DrainPod, nodeProtected: boolean, now: number): string | undefined {
  if (nodeProtected && pod.owner !== 'DaemonSet') return `the node's annotation ${doNotDisruptKeys[1]}`
  if (pod.annotations[safeToEvictKey] === 'false') return `annotation ${safeToEvictKey}=false`
  for (const key of doNotDisruptKeys) {
    const value = pod.annotations[key]
    if (value === undefined) continue
    if (value === 'true') return `annotation ${key}`
    const duration = parseDuration(value)
    if (duration === undefined) continue
    const until = pod.startedAt === undefined ? Number.POSITIVE_INFINITY : pod.startedAt + duration
    if (now < until) return `annotation ${key}=${value}`
  }
  return undefined
}

/** What to tell about each annotation that was meant to protect the pod and does not. */
export function unreadableIn(pod: DrainPod): readonly string[] {
  return doNotDisruptKeys.flatMap((key) => {
    const value = pod.annotations[key]
    if (value === undefined || switches.includes(value) || parseDuration(value) !== undefined) return []
    return [`${podText(pod)}: annotation ${key}=${value} protects nothing: write true, or a duration such as 30m`]
  })
}

/** Why a pod that ends by itself may go on; undefined where its time is up, or the policy waits for none. */
export function jobWaitOf(
  pod: DrainPod,
  { waitForJobsMs = 0 }: DrainLimits,
  startedAt: number,
  now: number,
): string | undefined {
  const until = startedAt + waitForJobsMs
  if (!pod.runsToEnd || now >= until) return undefined
  return `runs to an end of its own, which is waited for until ${new Date(until).toISOString()} (drain.waitForJobs)`
}
