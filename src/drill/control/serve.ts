/**
 * Runs the FaultDrills of a cluster, one after the other. Who begins one claims it by a conditional write, so several may
 * serve. What is injected ends by itself, so one that was left in the middle is only written down as failed.
 */
import { type Api, faultDrills, type KubeObject } from '../../kube/api.ts'
import { isKubeError } from '../../kube/errors.ts'
import { watchObjects } from '../../kube/list-watch.ts'
import { deleteObject, replaceObject } from '../../kube/objects.ts'
import { type Clock, type Random, sleep } from '../../telemetry/clock.ts'
import type { Log } from '../../telemetry/log.ts'
import type { Limits } from '../plan/choose-node.ts'
import type { Drill } from '../plan/drill.ts'
import type { Subject } from '../plan/subjects.ts'
import type { Injector } from '../run/injector.ts'
import { JobInjector } from '../run/job-injector.ts'
import { placeOn } from '../run/place.ts'
import { viewPolicies } from '../run/policies.ts'
import { runTurn } from '../run/run.ts'
import type { DrillResult } from '../score/score.ts'
import {
  drillOf,
  dueOf,
  type FaultDrillObject,
  failedStatus,
  finishedStatus,
  ownerOf,
  readSpec,
  runningStatus,
} from './record.ts'
import type { DrillSpec, DrillStatus } from './schema.ts'

export interface ServeParts {
  readonly api: Api
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly signal: AbortSignal
  readonly holder: string
  /** Namespace of the Jobs. */
  readonly namespace: string
  readonly image: string
  readonly limits: Limits
  /** The subject of a reason; throws with what people can do where there is none, or the mode forbids it. */
  readonly subjectOf: (spec: DrillSpec) => Subject
  /** Instead of Jobs: for tests. */
  readonly injectorOf?: (object: FaultDrillObject) => Injector
}

const roundMs = 1_000

/** Serves until the signal. */
export async function serveDrills(parts: ServeParts): Promise<void> {
  const { api, clock, random, signal, log } = parts
  const known = new Map<string, FaultDrillObject>()
  const running = new Map<string, AbortController>()
  const watching = watchObjects<FaultDrillObject>({
    api,
    clock,
    random,
    resource: faultDrills,
    signal,
    onSync: (items) => {
      known.clear()
      for (const [name, object] of items) known.set(name, object)
    },
    onChange: ({ type, object }) => {
      const { name = '', uid = '' } = object.metadata
      if (type === 'deleted') running.get(uid)?.abort(new Error('the FaultDrill was deleted'))
      if (type === 'deleted') known.delete(name)
      else known.set(name, object)
    },
  })
  while (!signal.aborted) {
    for (const object of [...known.values()]) {
      await serveOne(object, parts, running).catch((error: unknown) => {
        if (!signal.aborted) log.error('a FaultDrill could not be served', { drill: object.metadata.name, error })
      })
    }
    await sleep(clock, roundMs, signal).catch(() => undefined)
  }
  await watching
}

async function serveOne(
  object: FaultDrillObject,
  parts: ServeParts,
  running: Map<string, AbortController>,
): Promise<void> {
  const { api, clock } = parts
  const { name = '', uid = '' } = object.metadata
  switch (dueOf(object, clock.now())) {
    case 'nothing':
      return
    case 'delete':
      await deleteObject(api, faultDrills, { name }, { uid })
      return
    case 'give up': {
      const message = `${object.status?.holder} left it in the middle; what was injected has ended by itself`
      await write(api, object, failedStatus(object.status ?? {}, message, clock.now()))
      return
    }
    case 'begin': {
      const stop = new AbortController()
      const onAbort = (): void => stop.abort(parts.signal.reason)
      parts.signal.addEventListener('abort', onAbort, { once: true })
      running.set(uid, stop)
      await begin(object, parts, stop.signal).finally(() => {
        running.delete(uid)
        parts.signal.removeEventListener('abort', onAbort)
      })
    }
  }
}

async function begin(object: FaultDrillObject, parts: ServeParts, signal: AbortSignal): Promise<void> {
  const { api, clock, holder, log } = parts
  const planned = await plan(object, parts)
  if ('refused' in planned) {
    await write(api, object, failedStatus({}, planned.refused, clock.now()))
    log.warn('FaultDrill refused', { drill: object.metadata.name, why: planned.refused })
    return
  }
  const { drill, hold, labels } = planned
  const claimed = await write(api, object, runningStatus(drill, holder, clock.now()))
  if (!claimed) return // another one has begun it
  log.info('FaultDrill begun', {
    drill: object.metadata.name,
    id: drill.id,
    node: drill.node,
    reason: drill.subject.reason,
  })
  const status = await run(object, drill, { hold, labels }, parts, signal).then(
    (result) => finishedStatus(claimed.status ?? {}, result, clock.now()),
    (error: Error) => failedStatus(claimed.status ?? {}, `ended in the middle: ${error.message}`, clock.now()),
  )
  await write(api, claimed, status)
  log.info('FaultDrill finished', { drill: object.metadata.name, passed: status.passed, message: status.message })
}

type Planned =
  | { readonly drill: Drill; readonly hold: boolean; readonly labels: Readonly<Record<string, string>> }
  | { readonly refused: string }

async function plan(object: FaultDrillObject, { api, limits, subjectOf }: ServeParts): Promise<Planned> {
  const read = readSpec(object)
  if ('wrong' in read) return { refused: read.wrong }
  let subject: Subject
  try {
    subject = subjectOf(read.spec)
  } catch (error) {
    return { refused: (error as Error).message }
  }
  const place = await placeOn(api, read.spec.nodeName, limits)
  if ('refused' in place) return place
  return { drill: drillOf(object, read.spec, subject, place.node), hold: read.spec.hold, labels: place.labels }
}

async function run(
  object: FaultDrillObject,
  drill: Drill,
  { hold, labels }: { readonly hold: boolean; readonly labels: Readonly<Record<string, string>> },
  parts: ServeParts,
  signal: AbortSignal,
): Promise<DrillResult> {
  const { api, clock, random, namespace, image } = parts
  const injector =
    parts.injectorOf?.(object) ?? new JobInjector(api, clock, { namespace, image, owner: ownerOf(object) })
  const policies = await viewPolicies(api)
  const { repairs } = policies
  const asked = (one: Drill) => policies.asked(one, labels)
  const around = { api, clock, random, signal, repairs, injector, hold, asked, onFacts: () => undefined }
  const [result] = await runTurn([drill], around)
  if (!result) throw new TypeError('a turn of one drill has one result')
  return result
}

/** Writes the status if nobody else has since; undefined when somebody has, or the object is gone. */
async function write(api: Api, object: FaultDrillObject, status: DrillStatus): Promise<FaultDrillObject | undefined> {
  const { name = '', resourceVersion } = object.metadata
  const body: FaultDrillObject & KubeObject = {
    ...object,
    metadata: { name, ...(resourceVersion !== undefined && { resourceVersion }) },
    status,
  }
  try {
    return await replaceObject<FaultDrillObject>(api, faultDrills, { name }, body, { subresource: 'status' })
  } catch (error) {
    if (isKubeError(error, 'NM_KUBE_CONFLICT') || isKubeError(error, 'NM_KUBE_NOT_FOUND')) return undefined
    throw error
  }
}
