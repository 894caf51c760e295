/**
 * A large cluster: a real kube-apiserver full of nodes and pods, and the shipped controller beside it on the same cores. How
 * soon a sick node is cordoned, how many a second, how fast pods leave, and what it takes of memory and time to start.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Api, leases } from '../../src/kube/api.ts'
import { connectTo } from '../../src/kube/connect.ts'
import { patchObject } from '../../src/kube/objects.ts'
import { sleep, systemClock } from '../../src/telemetry/clock.ts'
import { type ControlPlane, startControlPlane } from '../../test/cluster/control-plane.ts'
import type { Running } from '../../test/cluster/process/processes.ts'
import type { Bench, BenchContext, Figures } from '../bench.ts'
import { takeBundles } from '../bundles.ts'
import { readMemory } from '../figures/process-figures.ts'
import { round } from '../figures/statistics.ts'
import { realEndpoint } from '../server/api-server.ts'
import { bareCordons, bareEvictions } from './bare.ts'
import { nodeName } from './bodies.ts'
import {
  boundless,
  clearRepairs,
  each,
  installDefinitions,
  protect,
  repairs,
  setPolicy,
  settle,
  tell,
  until,
} from './cluster.ts'
import { fill, leaseNamespace, leasesOf } from './fill.ts'
import { burst, evictions, type Fleet, latency, massFalse } from './phases.ts'

const fullSize = { nodes: 10_000, pods: 300_000 }
/** etcd holds 2 GiB unless told otherwise; a full fleet is 3.5 GB, and its history as much again. */
const quotaBytes = 16 * 2 ** 30
const burstNodes = 1_000
const drainedNodes = 100
const latencyTries = 50
const renewEveryMs = 30_000

export const fleet: Bench = {
  name: 'fleet',
  summary: 'a real API server with 10,000 nodes and 300,000 pods: event to cordon, bursts, evictions, memory, start',
  async run(context) {
    const { options, log, random } = context
    const size = { nodes: options.nodes ?? fullSize.nodes, pods: options.pods ?? fullSize.pods }
    const plane = await startControlPlane({
      log,
      quotaBytes,
      ...(options.data !== undefined && { keepIn: options.data }),
    })
    const endpoint = realEndpoint(plane)
    const config = { server: endpoint.url, ca: endpoint.ca ?? '', token: endpoint.token }
    const api = connectTo(config, { clock: systemClock, random, maxConnections: 16 })
    const ended = new AbortController()
    try {
      const began = systemClock.monotonic()
      await fill(api, size, log)
      log(`fleet: filled after ${Math.round((systemClock.monotonic() - began) / 1_000)} s`)
      await installDefinitions(api)
      void renewLeases(api, size.nodes, ended.signal)
      const figures = await measure({ api, endpoint, size, log }, plane, context)
      await fill(api, size, log) // what was taken away is there for the next run
      return { ...size, ...figures }
    } finally {
      ended.abort()
      api.close()
      await plane.stop()
    }
  },
}

async function measure(given: Fleet, plane: ControlPlane, { options, log }: BenchContext): Promise<Figures> {
  const { api, size } = given
  const some = (from: number, count: number): number[] =>
    Array.from({ length: Math.min(count, Math.floor(size.nodes / 4)) }, (_, n) => from + n)
  const half = Math.floor(size.nodes / 2)
  await setPolicy(api, boundless)
  await protect(api, [0], true)
  await tell(api, 0, 'False')
  const spawned = systemClock.monotonic()
  const controller = startController(plane)
  await until('the first decision', 300_000, async () => ((await repairs(api)).length > 0 ? true : undefined))
  const startS = (systemClock.monotonic() - spawned) / 1_000
  log(`fleet: first decision after ${round(startS, 1)} s`)
  const peakAfterStart = readMemory(controller.pid).rssMB
  await settle(api, [0])
  if (options.massFalse) {
    const harm = await massFalse(given, some(1, burstNodes))
    await plane.processes.end(controller)
    return { startToFirstDecisionS: round(startS, 1), massFalse: harm }
  }
  const eventToCordon = await latency(given, some(1, options.quick ? 10 : latencyTries))
  const cordonsPerSecond = await burst(given, some(1, burstNodes))
  log(`fleet: ${round(cordonsPerSecond, 1)} cordons/s`)
  await settle(api, some(1, burstNodes))
  const evicted = await evictions(given, some(half, drainedNodes))
  log(`fleet: ${JSON.stringify(evicted)}`)
  const rssMB = Math.max(peakAfterStart, readMemory(controller.pid).rssMB)
  const peakRssMB = peakOf(controller)
  await plane.processes.end(controller)
  await clearRepairs(api)
  const bare = await bareCordons(given, some(1, burstNodes))
  const bareEvicted = await bareEvictions(given, some(half + Math.floor(size.nodes / 4), drainedNodes))
  return {
    startToFirstDecisionS: round(startS, 1),
    eventToCordon,
    cordonsPerSecond: round(cordonsPerSecond, 1),
    bareCordonsPerSecond: round(bare, 1),
    evictions: evicted,
    bareEvictionsPerSecond: round(bareEvicted, 1),
    rssMB,
    peakRssMB,
  }
}

/** As it ships, on every core that there is. */
function startController(plane: ControlPlane): Running {
  const { nodemend } = takeBundles(plane.folder)
  mkdirSync(join(plane.folder, 'work'), { recursive: true })
  return plane.processes.start({
    name: 'controller',
    command: process.execPath,
    args: [
      nodemend,
      'controller',
      `--kubeconfig=${plane.kubeconfig('admin')}`,
      '--providers=embedded',
      '--karpenter-node-repair=off',
      '--metrics-address=127.0.0.1:0',
      '--settle=0s',
    ],
  })
}

/** Some kubelets renew their leases; all of them would fill the two cores with a thousand writes a second. */
async function renewLeases(api: Api, nodes: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const renewTime = new Date(systemClock.now()).toISOString().replace('Z', '000Z')
    const numbers = Array.from({ length: leasesOf(nodes) }, (_, index) => index)
    const renew = async (index: number): Promise<void> => {
      const ref = { namespace: leaseNamespace, name: nodeName(index) }
      await patchObject(api, leases, ref, { spec: { renewTime } }, { type: 'merge' }).catch(() => undefined)
    }
    await each(numbers, renew, 1)
    await sleep(systemClock, renewEveryMs, signal).catch(() => undefined)
  }
}

/** The most resident memory that the process has ever had, MB. */
function peakOf({ pid }: Running): number {
  return round(Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_000, 1)
}
