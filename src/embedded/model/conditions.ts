/** Conditions as controllers keep them: the transition time moves only with the status. */
import { type ApiObject, type Json, type JsonObject, listAt, textAt, withAt } from '../json.ts'

export interface ConditionFact {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly message: string
  /** For `metav1.Condition`s, which say what they are about. */
  readonly observedGeneration?: number
}

export function conditionOf(object: ApiObject, type: string): JsonObject | undefined {
  return listAt(object, 'status', 'conditions').find((one) => one.type === type)
}

export function isReady(object: ApiObject): boolean {
  return conditionOf(object, 'Ready')?.status === 'True'
}

/** `object` with the condition set; `heartbeat` stamps nodes' `lastHeartbeatTime`. */
export function withCondition(object: ApiObject, fact: ConditionFact, now: string, heartbeat = false): ApiObject {
  const known = conditionOf(object, fact.type)
  const moved = known?.status !== fact.status
  const condition: JsonObject = {
    ...(known ?? {}),
    ...fact,
    ...(heartbeat ? { lastHeartbeatTime: now } : {}),
    lastTransitionTime: moved ? now : textAt(known, 'lastTransitionTime') || now,
  }
  const others = listAt(object, 'status', 'conditions')
  const next = known ? others.map((one) => (one === known ? condition : one)) : [...others, condition]
  return withAt(object, ['status', 'conditions'], next as Json) // conditions are plain JSON
}

/** True when the pod has come to an end. */
export function isFinished(pod: ApiObject): boolean {
  return ['Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase'))
}

/** The owner reference that controls the object. */
export function controllerOf(object: ApiObject): JsonObject | undefined {
  return listAt(object, 'metadata', 'ownerReferences').find((one) => one.controller === true)
}

/** An owner reference of a controller to what it made. */
export function controlledBy(owner: ApiObject): JsonObject {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  }
}
