/**
 * L1 on real parts: the agent is installed on a node whose kernel log holds a fatal line of long ago, beside a real Karpenter
 * that repairs. The node must live: because the line is old, and, where the operator lets old lines count, because the
 * condition has turned only now.
 */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { sleep, systemClock } from '../../src/telemetry/clock.ts'
import type { ControlPlane } from '../cluster/control-plane.ts'
import { startKarpenter } from '../cluster/karpenter.ts'
import { readyNodes, startKwok } from '../cluster/kwok.ts'
import { tail } from '../cluster/process/processes.ts'
import { grantRoles, identities } from '../cluster/roles.ts'
import { clusterFor } from '../cluster/suite.ts'
import { eventually } from '../cluster/wait.ts'
import { growFleet } from '../cluster/workload.ts'
import { nodeCondition } from './kernel-log.ts'
import { startAgent } from './programs.ts'

/** A disk that no machine of ours has: it is not mounted read-only any more. */
const disk = 'sdzz1'
/** Longer than the agent lives in this test, shorter than the line is old. */
const tolerationSeconds = 30
/** Karpenter looks at a condition every few seconds: by then it would have acted on an old stamp. */
const watchMs = 12_000

test('L1: a fatal line of before the agent’s time costs no node, beside a real Karpenter', async (t) => {
  const cluster = await clusterFor(t, { controllerManager: true, scheduler: true, identities }, ['kwok', 'karpenter'])
  if (!cluster) return
  await grantRoles(cluster)
  startKwok(cluster)
  await startKarpenter(cluster, { nodeRepair: true, tolerationSeconds })
  const { nodes } = await growFleet(cluster, 2)
  const [first = '', second = ''] = nodes
  const kmsg = join(cluster.folder, 'old.kmsg')
  writeFileSync(kmsg, `3,1,${oldStamp()},-;EXT4-fs (${disk}): Remounting filesystem read-only\n`)

  const agent = await startAgent(cluster, {
    node: first,
    stateFile: join(cluster.folder, 'first.state'),
    flags: [`--kmsg=${kmsg}`],
  })
  const careless = await startAgent(cluster, {
    node: second,
    stateFile: join(cluster.folder, 'second.state'),
    flags: [`--kmsg=${kmsg}`, '--accept-old-lines'],
  })
  const statusOf = async (node: string) => (await nodeCondition(cluster, node, 'StorageReady'))?.status
  try {
    await eventually('both agents to report', 20_000, async () => (await statusOf(first)) && (await statusOf(second)))
    assert.equal(await statusOf(first), 'True', 'an old line is told and condemns nothing')
    const told = await eventually('the Event about the old line', 10_000, () => eventAbout(cluster, first))
    assert.match(told, /before this agent first ran/)
    assert.equal(await statusOf(second), 'False')
    await sleep(systemClock, watchMs)
    assert.deepEqual((await readyNodes(cluster, 'karpenter.sh/nodepool')).sort(), [...nodes].sort())
  } catch (error) {
    throw new Error(`the agents said:\n${tail(agent.logFile)}\n${tail(careless.logFile)}`, { cause: error })
  }
})

/** Microseconds since boot of half the machine's uptime ago: minutes at least. */
function oldStamp(): number {
  const [uptime = '0'] = readFileSync('/proc/uptime', 'utf8').split(' ')
  return Math.floor((Number(uptime) / 2) * 1e6)
}

async function eventAbout(cluster: ControlPlane, node: string): Promise<string | undefined> {
  const { items } = await cluster.admin.get<{
    items: readonly { involvedObject: { name: string }; message: string }[]
  }>('/api/v1/namespaces/default/events')
  return items.find(({ involvedObject, message }) => involvedObject.name === node && /FilesystemReadOnly/.test(message))
    ?.message
}
