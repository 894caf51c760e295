/**
 * From a line in this machine's real kernel log to a replaced node, on real parts: /dev/kmsg, our agent, kube-apiserver,
 * and a real Karpenter that repairs because of our condition; then our own controller where Karpenter's repair is off.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../../src/telemetry/clock.ts'
import type { ControlPlane } from '../cluster/control-plane.ts'
import { startKarpenter } from '../cluster/karpenter.ts'
import { readyNodes, startKwok } from '../cluster/kwok.ts'
import { type Running, tail } from '../cluster/process/processes.ts'
import { grantRoles, identities } from '../cluster/roles.ts'
import { clusterFor } from '../cluster/suite.ts'
import { eventually } from '../cluster/wait.ts'
import { allRun, growFleet } from '../cluster/workload.ts'
import { writeStateAtEndOfLog } from './agent-state.ts'
import { GPU_CONDITION, GPU_DEVICE, hasKernelLog, KMSG, nodeCondition, writeGpuFault } from './kernel-log.ts'
import { enforceReplacement, installCrds } from './policy.ts'
import { startAgent, startController } from './programs.ts'

interface Attempt {
  readonly spec: { readonly nodeName: string }
  readonly status?: { readonly phase?: string }
}

const FLEET = 4

test('a real Karpenter replaces a node because of a line in the kernel log', async (t) => {
  const cluster = await fleetCluster(t)
  if (!cluster) return
  await startKarpenter(cluster, { nodeRepair: true, tolerationSeconds: 2 })
  const { nodes } = await growFleet(cluster, FLEET)
  await breakFirst(t, cluster, nodes)
  await assertReplaced(cluster, nodes)
})

test('our controller replaces it where Karpenter does not', async (t) => {
  const cluster = await fleetCluster(t)
  if (!cluster) return
  await startKarpenter(cluster, { nodeRepair: false })
  const { nodes } = await growFleet(cluster, FLEET)
  await installCrds(cluster)
  await enforceReplacement(cluster, GPU_CONDITION, '2s')
  const controller = await startController(cluster)
  await breakFirst(t, cluster, nodes)
  try {
    await assertReplaced(cluster, nodes)
    await eventually('the proof', 40_000, async () => (await attempts(cluster)).some(hasSucceeded))
    assertAllowed(controller)
  } catch (error) {
    const records = JSON.stringify(await attempts(cluster), undefined, 1)
    throw new Error(`NodeRepairs: ${records}\nthe controller said:\n${tail(controller.logFile, 30)}`, { cause: error })
  }
})

async function fleetCluster(t: TestContext): Promise<ControlPlane | undefined> {
  if (!hasKernelLog(t)) return undefined
  const cluster = await clusterFor(t, { controllerManager: true, scheduler: true, identities }, ['kwok', 'karpenter'])
  if (!cluster) return undefined
  await grantRoles(cluster)
  startKwok(cluster)
  return cluster
}

/** Runs the agent for the first node and lets a GPU fall off the bus. */
async function breakFirst(t: TestContext, cluster: ControlPlane, [node]: readonly string[]): Promise<void> {
  assert.ok(node)
  const stateFile = join(cluster.folder, 'agent.state')
  writeStateAtEndOfLog(stateFile, KMSG)
  const agent = await startAgent(cluster, { node, stateFile })
  const read = () => nodeCondition(cluster, node, GPU_CONDITION)
  try {
    await eventually('the agent to report', 20_000, async () => (await read())?.status === 'True')
    const written = systemClock.monotonic()
    writeGpuFault()
    const broken = await eventually('the condition to be False', 20_000, async () => {
      const now = await read()
      return now?.status === 'False' && now
    })
    t.diagnostic(`condition False ${Math.round(systemClock.monotonic() - written)} ms after the line was written`)
    assert.match(broken.reason, /xid/i)
    assert.ok(broken.message.includes(GPU_DEVICE), broken.message)
    assertAllowed(agent)
  } catch (error) {
    throw new Error(`the agent said:\n${tail(agent.logFile)}`, { cause: error })
  }
}

async function assertReplaced(cluster: ControlPlane, before: readonly string[]): Promise<void> {
  const [broken] = before
  const after = await eventually('the node to be gone and replaced', 90_000, async () => {
    const ready = await readyNodes(cluster, 'karpenter.sh/nodepool')
    return ready.length === FLEET && broken !== undefined && !ready.includes(broken) && ready
  })
  assert.equal(after.filter((name) => !before.includes(name)).length, 1, 'exactly one node is new')
  await eventually('all pods to run again', 30_000, () => allRun(cluster, FLEET))
}

/** The rights in roles.ts are all it needed. */
function assertAllowed({ logFile }: Running): void {
  assert.doesNotMatch(readFileSync(logFile, 'utf8'), /NM_KUBE_FORBIDDEN/)
}

async function attempts(cluster: ControlPlane): Promise<readonly Attempt[]> {
  return (await cluster.admin.get<{ items: readonly Attempt[] }>('/apis/nodemend.dev/v1alpha1/noderepairs')).items
}

function hasSucceeded({ status }: Attempt): boolean {
  return status?.phase === 'Succeeded'
}
