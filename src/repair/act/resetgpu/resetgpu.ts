/** ResetGPU: the pods that hold accelerators leave, and a pod on the node resets the GPUs of the finding. */
import { judgeSince } from '../../verify/since.ts'
import type { ActionKind } from '../action.ts'
import type { PodObject } from '../drain/pod.ts'
import { afterOrder } from '../on-node/ended.ts'
import { refusalOnNode } from '../on-node/refusal.ts'
import { resetGpuActor } from './actor.ts'

export const resetGpu: ActionKind = {
  words: {
    verb: 'reset',
    label: 'Resets',
    events: { Acting: 'RepairResettingGPU', Observing: 'RepairAwaitingGPU' },
    now: {
      Committing: (_actor, { name }) => [`starts a pod on the node that resets GPU ${name}`, 'the pod to start'],
      Acting: (_actor, { name }) => [`has a pod on the node reset GPU ${name}`, 'the pod to end'],
      Observing: (_actor, { name }) => [`has reset GPU ${name}`, 'the node to be well'],
    },
  },
  drains: true,
  drainsOnly: holdsAccelerator,
  endsMachine: false,
  by: resetGpuActor,
  traceable: false,
  refusal: refusalOnNode,
  done: (attempt, view, operation) => afterOrder(attempt, view, operation, 'has its GPU reset'),
  prove: (node, plan, since) => judgeSince(node, plan, since, 'the reset of its GPU'),
}

/** Extended resources of device plugins: `nvidia.com/gpu`, `nvidia.com/mig-1g.10gb`. */
const acceleratorResource = /^nvidia\.com\//

/** True for a pod that asked for an accelerator, as a resource or by a claim (Dynamic Resource Allocation). */
export function holdsAccelerator({ spec = {} }: PodObject): boolean {
  if ((spec.resourceClaims ?? []).length > 0) return true
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])]
  return containers.some(({ resources = {} }) =>
    [resources.limits, resources.requests].some((list) =>
      Object.keys(list ?? {}).some((name) => acceleratorResource.test(name)),
    ),
  )
}
