/** What tests of actions on nodes start from: a controller that makes pods there, and a hand in place of their program. */
import { pods } from '../../kube/api.ts'
import { listObjects, patchObject } from '../../kube/objects.ts'
import type { Suggestions } from '../../model/action.ts'
import { exitStatuses, messageOf, type OnNodeResult } from '../../model/on-node/order.ts'
import { onNodeLabels } from '../act/on-node/pod.ts'
import type { TestCluster } from './test-cluster.ts'

export const home = 'default'

export const onNodeHalf = {
  onNode: { namespace: home, image: 'agent:1' },
  suggestions: new Map([
    ['RuntimeHangs', { remedy: 'RestartService', service: 'container-runtime' }],
    ['GpuAsksReset', { remedy: 'ResetGPU' }],
  ]) satisfies Suggestions,
}

export interface OnNodePod {
  readonly metadata: {
    readonly name: string
    readonly labels: Readonly<Record<string, string>>
    readonly deletionTimestamp?: string
  }
  readonly spec: { readonly nodeName: string; readonly containers: readonly { readonly command: readonly string[] }[] }
}

/** Our pods on nodes that are not being deleted. */
export async function onNodePods(cluster: TestCluster): Promise<readonly OnNodePod[]> {
  const labelSelector = Object.entries(onNodeLabels)
    .map((pair) => pair.join('='))
    .join()
  const { items } = await listObjects<OnNodePod>(cluster.api, pods, { namespace: home, labelSelector } as never)
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
}

/** Ends the pod `name` as its program would. */
export async function answer(cluster: TestCluster, name: string, result: OnNodeResult): Promise<void> {
  const exitCode = exitStatuses[result.outcome]
  const state = { terminated: { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', message: messageOf(result) } }
  const status = { phase: exitCode === 0 ? 'Succeeded' : 'Failed', containerStatuses: [{ name: 'on-node', state }] }
  await patchObject(cluster.api, pods, { namespace: home, name }, { status }, { type: 'merge', subresource: 'status' })
}
