/** Gives a test a cluster with a real node, or skips the test and reports it. */

import type { TestContext } from 'node:test'
import { type ControlPlane, startControlPlane } from '../control-plane.ts'
import { skipped } from '../suite.ts'
import { NODE_TOOLS, type ToolName } from '../tool-list.ts'
import { ensureTools } from '../tools.ts'
import { type NodeOptions, nodeIdentities, type RealNode, startNode } from './node.ts'
import { preparePackages, thisMachine } from './packages.ts'

export interface RealCluster {
  readonly cluster: ControlPlane
  readonly node: RealNode
  stop(): Promise<void>
}

const CONTROL_PLANE: readonly ToolName[] = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler']

/** Whether a real node can be started here; if not, the test is skipped and says why. Builds what is missing. */
export async function hasRealNode(t: TestContext, tools: readonly ToolName[] = []): Promise<boolean> {
  const packages = await preparePackages(thisMachine, (line) => process.stderr.write(`${line}\n`))
  if (!packages.available) return skipped(t, packages.why)
  const found = await ensureTools([...CONTROL_PLANE, ...NODE_TOOLS, ...tools])
  return found.available || skipped(t, found.why)
}

/** A control plane with one real node. Whoever calls it stops it. */
export async function startRealCluster(options: NodeOptions): Promise<RealCluster> {
  const identities = nodeIdentities(options.name)
  const cluster = await startControlPlane({ controllerManager: true, scheduler: true, identities })
  try {
    const node = await startNode(cluster, options)
    const stop = async (): Promise<void> => {
      await node.stop()
      await cluster.stop()
    }
    return { cluster, node, stop }
  } catch (error) {
    await cluster.stop()
    throw error
  }
}
