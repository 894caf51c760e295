/**
 * Converts a notice to a core/v1 Event. Pure: the same notice always gives the same Event, so writing it again changes
 * nothing.
 */
import type { ObjectRef } from '../../kube/api.ts'
import { rfc3339Seconds } from '../../telemetry/rfc3339.ts'
import { cutText } from '../lifecycle/cut-text.ts'
import type { Notice } from '../lifecycle/state.ts'

/** `source.component` of the agent's Events. */
export const eventComponent = 'nodemend-agent'
/** Namespace of Events about nodes, which have no namespace themselves. */
const namespace = 'default'
/** The API's limit for an Event message. */
const longestMessage = 1024
/** The API limits a name to 253 characters; the notice's part needs about forty. */
const longestNode = 200

export function eventRef(node: string, notice: Notice): ObjectRef {
  return { namespace, name: `${node.slice(0, longestNode)}.${notice.id}`.toLowerCase() }
}

/**
 * The Event's reason is the condition type and its message begins with the finding's reason, as consumers of the EKS
 * node monitoring agent expect. `uid` is the node's name, as kubelet writes it, so `kubectl describe node` lists the
 * Event.
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
