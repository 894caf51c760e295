/** Our CRDs, and one policy with short times. */

import { crds } from '../../src/repair/crds.ts'
import type { ControlPlane } from '../cluster/control-plane.ts'
import { eventually } from '../cluster/wait.ts'

interface Definition {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

/** Installs the CRDs and waits until the API server serves them. */
export async function installCrds(cluster: ControlPlane): Promise<void> {
  const paths: string[] = []
  for (const crd of crds()) {
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crd.metadata.name}`
    paths.push(path)
    await cluster.admin.apply(path, crd)
  }
  await eventually('our CRDs to be served', 20_000, async () => {
    for (const path of paths) {
      const { status } = await cluster.admin.get<Definition>(path)
      if (!status?.conditions?.some(({ type, status: is }) => type === 'Established' && is === 'True')) return false
    }
    return true
  })
}

/** Replaces any node whose `condition` is False, after `toleration`. */
export async function enforceReplacement(cluster: ControlPlane, condition: string, toleration: string): Promise<void> {
  await cluster.admin.apply('/apis/nodemend.dev/v1alpha1/repairpolicies/test', {
    apiVersion: 'nodemend.dev/v1alpha1',
    kind: 'RepairPolicy',
    metadata: { name: 'test' },
    spec: {
      mode: 'Enforce',
      match: [{ condition }],
      toleration,
      action: 'Replace',
      drain: { timeout: '30s' },
      budgets: [{ nodes: '1' }],
      restraint: { dwell: '3s' },
    },
  })
}
