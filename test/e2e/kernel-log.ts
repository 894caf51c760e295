/** Writes faults to this machine's kernel log, and reads the condition that follows. */

import { accessSync, constants, writeFileSync } from 'node:fs'
import type { TestContext } from 'node:test'
import type { ControlPlane } from '../cluster/control-plane.ts'

export const KMSG = '/dev/kmsg'
/** The condition that {@link writeGpuFault} makes False. */
export const GPU_CONDITION = 'AcceleratedHardwareReady'
/** The PCI address of a GPU that no test machine has. */
export const GPU_DEVICE = '0000:be:00'

export interface NodeCondition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
}

/** Whether the kernel log can be used; if not, the test is skipped and says so. */
export function hasKernelLog(t: TestContext): boolean {
  try {
    accessSync(KMSG, constants.R_OK | constants.W_OK)
    return true
  } catch {
    t.skip(`SKIPPED, NOT TESTED: the way from the kernel log to the cluster; ${KMSG} is for root to read and write`)
    return false
  }
}

/** Writes what the NVIDIA driver writes when a GPU falls off the bus: one line. */
export function writeGpuFault(): void {
  writeFileSync(KMSG, `<3>NVRM: Xid (PCI:${GPU_DEVICE}): 79, pid=4242, GPU has fallen off the bus.\n`)
}

/** The condition of that type on the node, as the API server has it. */
export async function nodeCondition(
  cluster: ControlPlane,
  node: string,
  type: string,
): Promise<NodeCondition | undefined> {
  const { status } = await cluster.admin.get<{ status: { conditions?: NodeCondition[] } }>(`/api/v1/nodes/${node}`)
  return status.conditions?.find((condition) => condition.type === type)
}
