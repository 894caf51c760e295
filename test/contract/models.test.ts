import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { startDisruption } from '../../src/embedded/model/disruption.ts'
import { startGarbage, startNamespaces } from '../../src/embedded/model/namespaces.ts'
import { startNodeLifecycle } from '../../src/embedded/model/node-lifecycle.ts'
import { together } from '../../src/embedded/model/reconciler.ts'
import { startScheduler } from '../../src/embedded/model/scheduler.ts'
import { startWorkloads } from '../../src/embedded/model/workload.ts'
import { startEmbedded } from '../../src/embedded/server.ts'
import { seededRandom, systemClock } from '../../src/telemetry/clock.ts'
import { clusterFor } from '../cluster/suite.ts'
import { scenario } from './scenario.ts'

test('the modelled controllers come to the same state as the real ones', async (t) => {
  const cluster = await clusterFor(t, { controllerManager: true, scheduler: true, nodeMonitorGraceMs: 600_000 }, [
    'kube-controller-manager',
    'kube-scheduler',
  ])
  if (!cluster) return
  const server = await startEmbedded({ clock: systemClock, random: seededRandom(2) })
  const models = together(
    startNamespaces(server.cluster),
    startNodeLifecycle(server.cluster, { graceMs: 600_000 }),
    startScheduler(server.cluster),
    startWorkloads(server.cluster),
    startDisruption(server.cluster),
    startGarbage(server.cluster),
  )
  t.after(async () => {
    models.stop()
    await server.stop()
  })
  const real = { url: cluster.url, token: cluster.tokens.admin ?? '', ca: readFileSync(cluster.caFile, 'utf8') }
  const [modelled, expected] = await Promise.all([scenario({ url: server.url, token: server.token }), scenario(real)])
  for (const [step, state] of Object.entries(expected))
    await t.test(step, () => assert.deepEqual(modelled[step], state))
})
