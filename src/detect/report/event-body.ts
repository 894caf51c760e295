/** A notice → a core/v1 Event. Pure: the same notice is the same Event, so that telling it twice is telling it once. */
import type { ObjectRef } from '../../kube/api.ts'
import { rfc3339Seconds } from '../../telemetry/rfc3339.ts'
import { cutText } from '../lifecycle/cut-text.ts'
import type { Notice } from '../lifecycle/state.ts'

/** `source.component` of our Events. */
export const eventComponent = 'nodemend-agent'
/** Events about nodes, which have no namespace, live here. */
const namespace = 'default'
/** The API's limit for the message of an Event. */
const longestMessage = 1024
/** The API's limit for a name is 253; the notice's own part needs some forty. */
const longestNode = 200

export function eventRef(node: string, notice: Notice): ObjectRef {
  return { namespace, name: `${node.slice(0, longestNode)}.${notice.id}`.toLowerCase() }
}

/**
 * Reason is the condition type and the message begins with the finding's reason: what readers of the EKS node
 * monitoring agent's Events expect. `uid` is the node's name, as kubelet writes it, so `kubectl describe node` shows it.
 */
export function eventBody(node: string, notice: Notice): object {
  return {
    involvedObject: { apiVersion: 'v1', kind: 'Node', name: node, uid: node },
    type: notice.type,
    reason: notice.condition,
    message: cutText(`${notice.reason}: ${notice.message}`, longestMessage),
    count: notice.count,
    firstTimestamp: rfc3339Seconds(notice.firstAt),
    lastTimestamp: rfc3339Seconds(notice.lastAt),
    source: { component: eventComponent, host: node },
    reportingComponent: eventComponent,
    reportingInstance: node,
  }
}
