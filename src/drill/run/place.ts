/** Looks at a cluster's nodes and open drills, and chooses the node of the next one. */
import { type Api, type KubeObject, nodes } from '../../kube/api.ts'
import { listObjects } from '../../kube/objects.ts'
import type { NodeObject } from '../../repair/observe/seen.ts'
import { chooseNode, type DrillNode, type Limits } from '../plan/choose-node.ts'
import { jobs, nodeAnnotation } from './job.ts'

export type Place =
  | { readonly node: string; readonly labels: Readonly<Record<string, string>> }
  | { readonly refused: string }

interface JobObject extends KubeObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

const drillJobs = { labelSelector: 'app.kubernetes.io/component=drill' }

/** `wanted`: the node that a person named. Drills of all namespaces count. */
export async function placeOn(api: Api, wanted: string | undefined, limits: Limits): Promise<Place> {
  const all = (await listObjects<NodeObject>(api, nodes)).items
  const open = (await listObjects<JobObject>(api, jobs, drillJobs)).items
  const choice = chooseNode(all.map(nodeOf), open.flatMap(drilledNode), wanted, limits)
  if ('refused' in choice) return choice
  const chosen = all.find(({ metadata }) => metadata.name === choice.node)
  return { node: choice.node, labels: chosen?.metadata.labels ?? {} }
}

/** The node of a drill that has not ended. */
function drilledNode({ metadata, status }: JobObject): readonly string[] {
  const isOver = ({ type, status: is }: { readonly type: string; readonly status: string }): boolean =>
    (type === 'Complete' || type === 'Failed') && is === 'True'
  const node = metadata.annotations?.[nodeAnnotation]
  return node === undefined || status?.conditions?.some(isOver) ? [] : [node]
}

function nodeOf({ metadata, spec, status }: NodeObject): DrillNode {
  return {
    name: metadata.name ?? '',
    labels: metadata.labels ?? {},
    deleting: metadata.deletionTimestamp !== undefined,
    unschedulable: spec?.unschedulable === true,
    taints: spec?.taints ?? [],
    conditions: (status?.conditions ?? []).map(({ type, status: is, reason = '' }) => ({ type, status: is, reason })),
  }
}
