/** Who carries ResetGPU out: a pod on the node, for the devices that the node's NodeHealth names. */
import { type Api, type KubeObject, nodeHealths } from '../../../kube/api.ts'
import { isKubeError } from '../../../kube/errors.ts'
import { getObject } from '../../../kube/objects.ts'
import type { DeviceIdentity, NodeHealthReport } from '../../../model/node-health.ts'
import { isPciAddress } from '../../../model/on-node/order.ts'
import type { Actor, TargetAnswer } from '../../../providers/provider.ts'
import type { OwnParts } from '../action.ts'

const verb = 'reset-gpu'
/** No machine has more, and as many addresses fit into a target's name. */
const mostGpus = 16

interface HealthObject extends KubeObject {
  readonly report?: Partial<Pick<NodeHealthReport, 'findings'>>
}

/** Undefined where the controller may not make pods on nodes. */
export function resetGpuActor({ api, onNode }: OwnParts): Actor | undefined {
  if (!onNode) return undefined
  return {
    target: ({ name }, _action, reason = '') => targetOf(api, name, reason),
    look: (operation) => onNode.look(operation, verb),
    async begin(operation, timeoutMs) {
      const { action, target } = operation
      if (action !== 'ResetGPU') throw new Error(`a pod that resets a GPU cannot ${action}`)
      const gpus = target.name.split(',')
      if (!gpus.every(isPciAddress)) throw new Error(`${target.name} is no list of PCI addresses`)
      await onNode.begin(operation, { verb, gpus }, timeoutMs)
    },
  }
}

/** The devices of the findings of `reason`; rejects with KubeError where the report cannot be read. */
async function targetOf(api: Api, node: string, reason: string): Promise<TargetAnswer> {
  const devices = await devicesOf(api, node, reason)
  const named = new Map(
    devices.flatMap((device) => (addressOf(device) === undefined ? [] : [[addressOf(device), device]])),
  )
  const addresses = [...named.keys()].sort()
  const [first, ...others] = [...named.values()]
  if (first === undefined || named.size > mostGpus) {
    return {
      kind: 'refused',
      why: `NodeHealth ${node} names ${named.size === 0 ? 'no GPU' : `${named.size} GPUs`} for ${reason}`,
      change: `the agent of ${node} writes its NodeHealth (agent.nodeHealth in the chart), or a ladder without ResetGPU`,
    }
  }
  const uid = others.length > 0 ? '' : (first.uuid ?? first.serial ?? '')
  return { kind: 'found', target: { kind: 'GPU', name: addresses.join(','), uid: uid.slice(0, 64) } }
}

async function devicesOf(api: Api, name: string, reason: string): Promise<readonly DeviceIdentity[]> {
  try {
    const { report } = await getObject<HealthObject>(api, nodeHealths, { name })
    return (report?.findings ?? []).flatMap((one) => (one.reason === reason && one.device ? [one.device] : []))
  } catch (error) {
    if (isKubeError(error, 'NM_KUBE_NOT_FOUND')) return []
    throw error
  }
}

function addressOf({ pci, name }: DeviceIdentity): string | undefined {
  const address = (pci ?? name).toLowerCase()
  return isPciAddress(address) ? address : undefined
}
