/** Gives a test a cluster of its own, or skips the test and reports it. */

import type { TestContext } from 'node:test'
import { type ControlPlane, type ControlPlaneOptions, startControlPlane } from './control-plane.ts'
import type { ToolName } from './tool-list.ts'
import { ensureTools } from './tools.ts'

/**
 * A control plane that ends with the test; undefined, with the test marked as skipped, on a machine without Go.
 * `tools` are those the test starts itself, beyond the control plane.
 */
export async function clusterFor(
  t: TestContext,
  options: ControlPlaneOptions = {},
  tools: readonly ToolName[] = [],
): Promise<ControlPlane | undefined> {
  const found = await ensureTools(['etcd', 'kube-apiserver', ...tools])
  if (!found.available) {
    skipped(t, found.why)
    return undefined
  }
  const cluster = await startControlPlane(options)
  t.after(() => cluster.stop())
  return cluster
}

/** Marks the test as skipped, and has the run's last line say that something was. */
export function skipped(t: TestContext, why: string): false {
  t.skip(why)
  process.off('exit', banner)
  process.once('exit', banner)
  return false
}

/** Prints the skips at exit, once: listeners of one function register once. */
function banner(): void {
  process.stderr.write('\n=== REAL CLUSTER TESTS WERE SKIPPED: see "SKIPPED, NOT TESTED" above for the reason ===\n')
}
