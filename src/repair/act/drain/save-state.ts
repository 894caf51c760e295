/**
 * A pod that wants time to save its state says so in an annotation, is told when to begin, and says when it is done. Where
 * the cluster serves eviction responders, a pod may name one instead (`spec.evictionResponders`).
 */
import { formatDuration, parseDuration } from '../../../catalog/duration.ts'
import { type Api, pods } from '../../../kube/api.ts'
import { isKubeError } from '../../../kube/errors.ts'
import { patchObject } from '../../../kube/objects.ts'
import { type DrainLimits, defaultSaveStateMs } from '../../../model/policy.ts'
import { type DrainPod, podText } from './pod.ts'
import { wordsOf } from './words.ts'

/** On the pod by its author: how long it needs. */
export const saveStateForKey = 'nodemend.dev/save-state-for'
/** On the pod by us: begin now, and be done by this time. */
export const saveStateByKey = 'nodemend.dev/save-state-by'
/** On the pod by us: for which NodeRepair. A sign of an earlier one counts no more. */
export const saveStateRepairKey = 'nodemend.dev/save-state-repair'
/** On the pod by its workload: it is done; the value is told. */
export const stateSavedKey = 'nodemend.dev/state-saved'

export type SaveState =
  /** It asks for no time, or nobody could understand what it asks for. */
  | { readonly kind: 'none'; readonly note?: string }
  /** It must be told to begin. */
  | { readonly kind: 'tell'; readonly until: number }
  | { readonly kind: 'saving'; readonly why: string }
  /** Done, or its time is up: it leaves now. */
  | { readonly kind: 'over'; readonly note: string }

/** Where the pod stands with its state in the drain of `attempt`. Never more time than the policy gives. */
export function saveStateOf(pod: DrainPod, { saveStateMs }: DrainLimits, attempt: string, now: number): SaveState {
  const wanted = pod.annotations[saveStateForKey]
  if (wanted === undefined) return { kind: 'none' }
  const wantedMs = parseDuration(wanted)
  if (wantedMs === undefined) {
    const remedy = 'write a duration such as 10m'
    return { kind: 'none', note: `${podText(pod)}: annotation ${saveStateForKey}=${wanted} gives no time: ${remedy}` }
  }
  const forMs = Math.min(wantedMs, saveStateMs ?? defaultSaveStateMs)
  const by = Date.parse(pod.annotations[saveStateByKey] ?? '')
  const until = now + forMs
  // A later time than we would give is not ours, nor is one that cannot be read.
  if (pod.annotations[saveStateRepairKey] !== attempt || !(by <= until)) return { kind: 'tell', until }
  const saved = pod.annotations[stateSavedKey]
  if (saved !== undefined) {
    return { kind: 'over', note: `${podText(pod)} says that it has saved its state: ${wordsOf(saved) || 'no details'}` }
  }
  if (now < by) return { kind: 'saving', why: `saves its state until ${new Date(by).toISOString()}` }
  return {
    kind: 'over',
    note: `${podText(pod)} did not say within ${formatDuration(forMs)} that it has saved its state`,
  }
}

/** Tells the pod to begin. Answers with the words of a refusal: then it leaves without. */
export async function tellToSave(api: Api, pod: DrainPod, attempt: string, until: number): Promise<string | undefined> {
  const by = new Date(until).toISOString()
  try {
    await mark(api, pod, { [saveStateByKey]: by, [saveStateRepairKey]: attempt, [stateSavedKey]: null })
    return undefined
  } catch (error) {
    if (isKubeError(error, 'NM_KUBE_FORBIDDEN', 'NM_KUBE_INVALID')) return wordsOf(error.message)
    if (isKubeError(error)) return undefined // gone, changed or not answered: the next pass sees
    throw error
  }
}

/** Takes the sign back from a pod that stays. Rejects with KubeError. */
export async function takeSignBack(api: Api, pod: DrainPod): Promise<void> {
  await mark(api, pod, { [saveStateByKey]: null, [saveStateRepairKey]: null, [stateSavedKey]: null })
}

/** Of this very pod: its UID is a precondition of the patch. */
async function mark(api: Api, pod: DrainPod, annotations: Readonly<Record<string, string | null>>): Promise<void> {
  const { namespace, name, uid } = pod
  await patchObject(api, pods, { namespace, name }, { metadata: { uid, annotations } }, { type: 'merge' })
}
