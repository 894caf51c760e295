/** What a fleet bench measures of a running controller. */
import { type Api, type KubeObject, pods } from '../../src/kube/api.ts'
import { listObjects } from '../../src/kube/objects.ts'
import { sleep, systemClock } from '../../src/telemetry/clock.ts'
import type { Figures } from '../bench.ts'
import { percentile, round } from '../figures/statistics.ts'
import type { Endpoint } from '../server/endpoint.ts'
import { nodeName } from './bodies.ts'
import {
  answered,
  byDefault,
  each,
  protect,
  repairs,
  setPolicy,
  settle,
  taintedNodes,
  taintSeen,
  tell,
  until,
} from './cluster.ts'

/** One bad detector is given so long to do its harm. */
const harmMs = 60_000

export interface Fleet {
  /** The bench's own connection. */
  readonly api: Api
  readonly endpoint: Endpoint
  readonly size: { readonly nodes: number; readonly pods: number }
  readonly log: (line: string) => void
}

/** From the write of a condition to our taint in a watch, one node after the other. */
export async function latency({ api, log }: Fleet, indices: readonly number[]): Promise<Figures> {
  await protect(api, indices, true)
  const times: number[] = []
  for (const index of indices) {
    const { promise: watching, resolve } = Promise.withResolvers<void>()
    const seen = taintSeen(api, index, true, resolve)
    await watching
    const told = systemClock.monotonic()
    await tell(api, index, 'False')
    times.push((await seen) - told)
    const gone = taintSeen(api, index, false, () => undefined)
    await tell(api, index, 'True')
    await gone
    await sleep(systemClock, 1_200) // between the passes of a quiet cluster, as events come
  }
  log(`fleet: from event to cordon ${times.map(Math.round).join(', ')} ms`)
  await settle(api, indices)
  return { p50Ms: round(percentile(times, 50), 1), p99Ms: round(percentile(times, 99), 1), tries: times.length }
}

/** Many nodes turn at once: cordons per second from the first condition to the last taint. */
export async function burst({ api }: Fleet, indices: readonly number[]): Promise<number> {
  await protect(api, indices, true)
  const began = systemClock.now()
  await each(indices, (index) => tell(api, index, 'False'))
  const all = await until('every node of the burst is cordoned', 600_000, async () => {
    const done = (await repairs(api)).filter((one) => one.taintedAt !== undefined)
    return done.length >= indices.length ? done : undefined
  })
  const ended = Math.max(...all.map((one) => one.taintedAt ?? 0))
  return (indices.length * 1_000) / (ended - began)
}

/** The pods of some nodes leave: evictions per second, and requests for each. */
export async function evictions({ api, endpoint }: Fleet, indices: readonly number[]): Promise<Figures> {
  await protect(api, indices, false)
  const total = (await Promise.all(indices.map((index) => podsOf(api, index)))).flat().length
  const before = await answered(endpoint, 'pods', 'eviction')
  await each(indices, (index) => tell(api, index, 'False'))
  let first = 0
  const ended = await until('every pod has left', 600_000, async () => {
    const now = await answered(endpoint, 'pods', 'eviction')
    if (first === 0 && now.granted > before.granted) first = systemClock.monotonic()
    return now.granted - before.granted >= total ? systemClock.monotonic() : undefined
  })
  const after = await answered(endpoint, 'pods', 'eviction')
  const asked = after.all - before.all
  return {
    perSecond: round((total * 1_000) / Math.max(1, ended - first), 1),
    callsPerPod: round(asked / total, 2),
    pods: total,
  }
}

export async function podsOf(api: Api, index: number): Promise<readonly KubeObject[]> {
  const fieldSelector = `spec.nodeName=${nodeName(index)}`
  const project = ({ metadata: { name, uid } }: KubeObject): KubeObject => ({
    metadata: { name, uid } as KubeObject['metadata'],
  })
  return (await listObjects<KubeObject>(api, pods, { fieldSelector, project })).items
}

/** One bad detector condemns many nodes at once, and the limits are those of a policy without limits of its own. */
export async function massFalse({ api, log }: Fleet, indices: readonly number[]): Promise<Figures> {
  await setPolicy(api, byDefault)
  await protect(api, indices, true)
  await each(indices, (index) => tell(api, index, 'False'))
  await sleep(systemClock, harmMs)
  const cordoned = await taintedNodes(api)
  log(`fleet: ${indices.length} nodes condemned by one detector, ${cordoned} cordoned`)
  await settle(api, indices)
  return { condemned: indices.length, cordoned }
}
