/** The policy of the journey. */

import type { Rest } from '../cluster/rest.ts'

/** Replaces nodes of which `AcceleratedHardwareReady` is False, at most `nodes` at once. */
export async function applyPolicy(admin: Rest, mode: string, nodes: string): Promise<void> {
  await admin.apply('/apis/nodemend.dev/v1alpha1/repairpolicies/gpu', {
    apiVersion: 'nodemend.dev/v1alpha1',
    kind: 'RepairPolicy',
    metadata: { name: 'gpu' },
    spec: {
      mode,
      match: [{ condition: 'AcceleratedHardwareReady' }],
      toleration: '1s',
      action: 'Replace',
      drain: { timeout: '60s' },
      budgets: [{ nodes }],
      restraint: { dwell: '3s' },
    },
  })
}
