/** What the policies of a cluster ask of a drill. */

import { type Api, type KubeObject, nodeRepairs, type Resource, repairPolicies } from '../../kube/api.ts'
import { isKubeError } from '../../kube/errors.ts'
import { listObjects } from '../../kube/objects.ts'
import { selects } from '../../model/node.ts'
import type { Policy } from '../../model/policy.ts'
import { parsePolicies, type RepairPolicyObject } from '../../repair/policy/parse.ts'
import type { Drill } from '../plan/drill.ts'
import type { Asked } from '../watch/stages.ts'

export type Labels = Readonly<Record<string, string>>

export interface PolicyView {
  /** Whether the cluster has NodeRepairs. */
  readonly repairs: boolean
  /** What must follow a drill on a node with these labels. */
  asked(drill: Drill, labels: Labels): Asked
}

/** Reads the policies once. A cluster without our definitions has none. */
export async function viewPolicies(api: Api): Promise<PolicyView> {
  const { policies } = parsePolicies((await listIfServed<RepairPolicyObject>(api, repairPolicies)) ?? [])
  const repairs = (await listIfServed<KubeObject>(api, nodeRepairs)) !== undefined
  return {
    repairs,
    asked: ({ subject }, labels) => ({
      decision: repairs && policies.some((policy) => speaksFor(policy, labels, subject.condition)),
    }),
  }
}

function speaksFor({ match, nodeSelector, paused }: Policy, labels: Labels, condition: string): boolean {
  const matches = match.some((one) => one.condition === condition && one.status === 'False')
  return !paused && matches && selects(nodeSelector, labels)
}

async function listIfServed<T extends KubeObject>(api: Api, resource: Resource): Promise<readonly T[] | undefined> {
  try {
    return (await listObjects<T, T>(api, resource)).items
  } catch (error) {
    if (isKubeError(error, 'NM_KUBE_NOT_FOUND')) return undefined
    throw error
  }
}
