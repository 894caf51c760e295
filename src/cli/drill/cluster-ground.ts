/** A real cluster: the node is chosen with care, and Jobs inject. */
import { chooseNode, type DrillNode, type Limits } from '../../drill/plan/choose-node.ts'
import { jobs, nodeLabel } from '../../drill/run/job.ts'
import { JobInjector } from '../../drill/run/job-injector.ts'
import { type Api, type KubeObject, nodes } from '../../kube/api.ts'
import { listObjects } from '../../kube/objects.ts'
import type { NodeObject } from '../../repair/observe/seen.ts'
import type { Clock } from '../../telemetry/clock.ts'
import { CommandError } from '../io.ts'
import type { Ground } from './ground.ts'
import { type Labels, viewPolicies } from './policies.ts'

export interface ClusterOptions {
  readonly api: Api
  readonly clock: Clock
  readonly namespace: string
  readonly image: string
  /** The node that a person named. */
  readonly node?: string
  readonly limits: Limits
}

interface JobObject extends KubeObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

const drillJobs = { labelSelector: 'app.kubernetes.io/component=drill' }

export async function clusterGround({ api, clock, namespace, image, node, limits }: ClusterOptions): Promise<Ground> {
  const policies = await viewPolicies(api)
  const labels = new Map<string, Labels>()
  return {
    api,
    cluster: api.server,
    injector: new JobInjector(api, clock, { namespace, image }),
    repairs: policies.repairs,
    async nextNode() {
      const all = (await listObjects<NodeObject>(api, nodes)).items
      const open = (await listObjects<JobObject>(api, jobs, drillJobs)).items
      const choice = chooseNode(all.map(nodeOf), open.flatMap(drilledNode), node, limits)
      if ('refused' in choice) throw new CommandError('NM_DRILL_NODE', choice.refused)
      for (const { metadata } of all) labels.set(metadata.name ?? '', metadata.labels ?? {})
      return choice.node
    },
    asked: (drill) => policies.asked(drill, labels.get(drill.node) ?? {}),
    close: async () => api.close(),
  }
}

/** The node of a drill that has not ended. */
function drilledNode({ metadata, status }: JobObject): readonly string[] {
  const isOver = ({ type, status: is }: { readonly type: string; readonly status: string }): boolean =>
    (type === 'Complete' || type === 'Failed') && is === 'True'
  const node = metadata.labels?.[nodeLabel]
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
