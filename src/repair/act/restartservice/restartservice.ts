/** RestartService: a pod on the node has its service manager restart the one service that the reason blames. */
import { judgeSince } from '../../verify/since.ts'
import type { ActionKind } from '../action.ts'
import { afterOrder } from '../on-node/ended.ts'
import { refusalOnNode } from '../on-node/refusal.ts'
import { restartServiceActor } from './actor.ts'

export const restartService: ActionKind = {
  words: {
    verb: 'restart',
    label: 'Restarts',
    events: { Acting: 'RepairRestartingService', Observing: 'RepairAwaitingService' },
    now: {
      Committing: (_actor, { name }) => [`starts a pod on the node that restarts ${name}`, 'the pod to start'],
      Acting: (_actor, { name }) => [`has a pod on the node restart ${name}`, 'the pod to end'],
      Observing: (_actor, { name }) => [`has restarted ${name}`, 'the node to be well'],
    },
  },
  drains: false,
  endsMachine: false,
  by: restartServiceActor,
  traceable: false,
  refusal: refusalOnNode,
  done: (attempt, view, operation) => afterOrder(attempt, view, operation, 'has a service started anew'),
  prove: (node, plan, since) => judgeSince(node, plan, since, 'the restart of its service'),
}
