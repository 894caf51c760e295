/** Who carries RestartService out: a pod on the node. */
import { isService } from '../../../model/on-node/order.ts'
import type { Actor } from '../../../providers/provider.ts'
import type { OwnParts } from '../action.ts'

const verb = 'restart-service'

/** Undefined where the controller may not make pods on nodes. */
export function restartServiceActor({ onNode, suggestions }: OwnParts): Actor | undefined {
  if (!onNode) return undefined
  return {
    async target({ uid }, _action, reason = '') {
      const service = suggestions?.get(reason)?.service
      if (service !== undefined) return { kind: 'found', target: { kind: 'Service', name: service, uid } }
      const why = `the catalogue names no service to restart for ${reason}`
      return { kind: 'refused', why, change: `a ladder with another action for ${reason}` }
    },
    look: (operation) => onNode.look(operation, verb),
    async begin(operation, timeoutMs) {
      const { action, target } = operation
      if (action !== 'RestartService') throw new Error(`a pod that restarts a service cannot ${action}`)
      if (!isService(target.name)) throw new Error(`${target.name} is no service that may be restarted`)
      await onNode.begin(operation, { verb, service: target.name }, timeoutMs)
    },
  }
}
