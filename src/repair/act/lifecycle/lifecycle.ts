/** Which life-cycle conditions a repair asks for, and how they get onto the node and off it again. */
import { type Api, type KubeObject, nodes } from '../../../kube/api.ts'
import { isKubeError } from '../../../kube/errors.ts'
import { getObject, patchObject } from '../../../kube/objects.ts'
import type { NodeCondition } from '../../../model/condition.ts'
import type { NodeView } from '../../../model/node.ts'
import {
  isOwnLifecycle,
  type LifecycleType,
  lifecycleTypes,
  ownLifecycleReason,
} from '../../../model/node-lifecycle.ts'
import { type Attempt, isFinished, type Phase, type Plan } from '../../../model/repair.ts'
import type { Clock } from '../../../telemetry/clock.ts'
import { RefusedCalls } from '../../rights/refused-calls.ts'
import { kindOf } from '../actions.ts'

/** They inform others and decide nothing here: a call for them never holds a repair up for longer. */
const timeoutMs = 2_000
/** Kubelet writes the status, too: a conflict is tried again this often. */
const mostRaces = 3
/** A decision sees no more of a message: a longer one would always look wrong. */
const longestMessage = 256

const emptying = ['MaintenancePlanned', 'DrainInProgress'] as const
const under = ['Drained', 'MaintenanceInProgress'] as const

/** What holds in each phase; `Drained` only where the drain left no pod. */
const byPhase: Readonly<Record<Phase, readonly LifecycleType[]>> = {
  Pending: [],
  Preparing: ['MaintenancePlanned'],
  Draining: emptying,
  Blocked: emptying,
  Committing: under,
  Acting: under,
  Observing: under,
  Dwelling: under,
  Unknown: under,
  Succeeded: [],
  Failed: [],
  Cancelled: [],
}

/** A life-cycle condition that should be True, without its times. */
export type WantedCondition = Pick<NodeCondition, 'message'> & { readonly type: LifecycleType }

/** What the node of `attempt` should carry now. */
export function wantedConditions({ name, phase, plan, drain }: Attempt): readonly WantedCondition[] {
  if (!plan) return []
  return byPhase[phase]
    .filter((type) => type !== 'Drained' || drain?.remaining === 0)
    .map((type) => ({ type, message: messageOf(type, name, plan).slice(0, longestMessage) }))
}

function messageOf(type: LifecycleType, name: string, { action, condition, status }: Plan): string {
  const { verb } = kindOf(action).words
  const why = `for ${condition}=${status}`
  switch (type) {
    case 'MaintenancePlanned':
      return `NodeRepair ${name} is about to ${verb} the node ${why}`
    case 'DrainInProgress':
      return `NodeRepair ${name} evicts the node's pods ${why}`
    case 'Drained':
      return `NodeRepair ${name} left no pod to evict on the node`
    case 'MaintenanceInProgress':
      return `NodeRepair ${name} has begun to ${verb} the node ${why}`
  }
}

type Carried = Pick<NodeCondition, 'type' | 'status'> & { readonly reason?: string; readonly message?: string }

/** What to write so that `carried` becomes `wanted`. A type that somebody else holds True is left to them. */
export function lifecycleChanges(
  carried: readonly Carried[],
  wanted: readonly WantedCondition[],
): { readonly write: readonly WantedCondition[]; readonly remove: readonly LifecycleType[] } {
  const there = (type: string): Carried | undefined => carried.find((one) => one.type === type)
  const write = wanted.filter(({ type, message }) => {
    const found = there(type)
    if (!found) return true
    return isOwnLifecycle(found) ? found.status !== 'True' || found.message !== message : found.status !== 'True'
  })
  const remove = lifecycleTypes.filter((type) => {
    const found = there(type)
    return found !== undefined && isOwnLifecycle(found) && !wanted.some((one) => one.type === type)
  })
  return { write, remove }
}

interface NodeObject extends KubeObject {
  readonly status?: { readonly conditions?: readonly NodeCondition[] }
}

type Ref = Pick<NodeView, 'name' | 'uid'>

/** Keeps the life-cycle conditions of nodes as their repairs stand. */
export class LifecycleConditions {
  readonly #api: Api
  readonly #clock: Clock
  /** One entry for all nodes: the right is missing on every one of them. */
  readonly #refused: RefusedCalls

  constructor(api: Api, clock: Clock) {
    this.#api = api
    this.#clock = clock
    this.#refused = new RefusedCalls(clock)
  }

  /** Makes the node say how `attempt` stands. Never rejects: {@link mend} finds what did not get through. */
  async show(attempt: Attempt): Promise<void> {
    const node = { name: attempt.nodeName, uid: attempt.nodeUid }
    await this.#set(node, wantedConditions(attempt)).catch(() => undefined)
  }

  /** Writes what a node lacks, and takes back what no open repair asks for. Rejects with KubeError; not again for a while where forbidden. */
  async mend({ node, wanted }: UnlikeNode): Promise<void> {
    await this.#set(node, wanted)
  }

  async #set(node: Ref, wanted: readonly WantedCondition[]): Promise<void> {
    if (this.#refused.pausing('status') !== undefined) return
    try {
      await this.#write(node, wanted)
      this.#refused.forget('status')
    } catch (error) {
      this.#refused.failed('status', error)
      throw error
    }
  }

  /** With the version that was read: what somebody else has just written stays. */
  async #write({ name, uid }: Ref, wanted: readonly WantedCondition[]): Promise<void> {
    for (let races = 0; ; races++) {
      try {
        const node = await getObject<NodeObject>(this.#api, nodes, { name }, { timeoutMs })
        if (node.metadata.uid !== uid) return
        const { write, remove } = lifecycleChanges(node.status?.conditions ?? [], wanted)
        if (write.length + remove.length === 0) return
        const stamp = new Date(this.#clock.now()).toISOString().replace(/\.\d+Z$/, 'Z')
        const times = { lastHeartbeatTime: stamp, lastTransitionTime: stamp }
        const conditions = [
          ...write.map((one) => ({ ...one, status: 'True', reason: ownLifecycleReason, ...times })),
          ...remove.map((type) => ({ type, $patch: 'delete' })),
        ]
        const patch = { metadata: { resourceVersion: node.metadata.resourceVersion }, status: { conditions } }
        const options = { type: 'strategic', subresource: 'status', timeoutMs } as const
        await patchObject(this.#api, nodes, { name }, patch, options)
        return
      } catch (error) {
        if (isKubeError(error, 'NM_KUBE_NOT_FOUND')) return
        if (!isKubeError(error, 'NM_KUBE_CONFLICT') || races >= mostRaces) throw error
      }
    }
  }
}

/** A node that does not carry what its repair asks for, or carries what none asks for. */
export interface UnlikeNode {
  readonly node: NodeView
  readonly wanted: readonly WantedCondition[]
}

/** Every node whose life-cycle conditions are not as the open repairs ask. */
export function unlikeNodes(seen: readonly NodeView[], records: readonly Attempt[]): readonly UnlikeNode[] {
  const open = new Map(records.filter(({ phase }) => !isFinished(phase)).map((one) => [one.nodeUid, one]))
  return seen.flatMap((node) => {
    const record = open.get(node.uid)
    if (!record?.plan && !node.conditions.some(isOwnLifecycle)) return []
    const wanted = record ? wantedConditions(record) : []
    const { write, remove } = lifecycleChanges(node.conditions, wanted)
    return node.deleting || write.length + remove.length === 0 ? [] : [{ node, wanted }]
  })
}
