/** A fault seen while the API server is away is reported when it is back: the agent runs, waits and loses nothing. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../src/telemetry/clock.ts'
import { grantRoles, identities } from '../cluster/roles.ts'
import { clusterFor } from '../cluster/suite.ts'
import { eventually } from '../cluster/wait.ts'
import { writeStateAtEndOfLog } from './agent-state.ts'
import { GPU_CONDITION, hasKernelLog, KMSG, nodeCondition, writeGpuFault } from './kernel-log.ts'
import { startAgent } from './programs.ts'

const NODE = 'worker-1'

test('an agent started while the API server is away reports the line it read meanwhile', async (t) => {
  if (!hasKernelLog(t)) return
  const cluster = await clusterFor(t, { identities })
  if (!cluster) return
  await grantRoles(cluster)
  const body = { apiVersion: 'v1', kind: 'Node', metadata: { name: NODE } }
  assert.equal((await cluster.admin.send({ method: 'POST', path: '/api/v1/nodes', body })).status, 201)

  const stateFile = join(cluster.folder, 'agent.state')
  writeStateAtEndOfLog(stateFile, KMSG)
  await cluster.apiServer.refuse()
  const agent = await startAgent(cluster, { node: NODE, stateFile })
  await eventually('the agent to run', 20_000, () => agent.answers('/healthz'))
  writeGpuFault()
  await cluster.apiServer.restore()
  const back = systemClock.monotonic()
  await eventually('the fault to be reported', 3_000, async () => {
    return (await nodeCondition(cluster, NODE, GPU_CONDITION))?.status === 'False'
  })
  t.diagnostic(`reported ${Math.round(systemClock.monotonic() - back)} ms after the API server was ready again`)
  assert.equal(agent.isRunning(), true)
})
