/** The controller, put together: this file is its parts list. Runs until `signal`, finishes its pass, gives the lease back. */

import { type Api, type KubeObject, leases } from '../../kube/api.ts'
import { isKubeError } from '../../kube/errors.ts'
import { createEventRecorder } from '../../kube/events/recorder.ts'
import { holdLease, type LeaseHold } from '../../kube/lease.ts'
import { getObject } from '../../kube/objects.ts'
import { watchRights } from '../../kube/rights/watch.ts'
import type { Suggestions } from '../../model/action.ts'
import type { ProviderParts } from '../../providers/provider.ts'
import type { ProviderName } from '../../providers/providers.ts'
import { providersNamed } from '../../providers/providers.ts'
import type { OnNodeSettings } from '../../repair/act/on-node/pod.ts'
import { type Assembled, assemble } from '../../repair/assemble.ts'
import { LeadershipView } from '../../repair/leadership.ts'
import { outageMs } from '../../repair/observe/health.ts'
import type { KarpenterNodeRepair } from '../../repair/observe/karpenter-repair.ts'
import { PassLoop } from '../../repair/pass-loop.ts'
import { controllerRemedy, rightsWithProviders } from '../../repair/rights/rights.ts'
import { type Clock, type Random, sleep } from '../../telemetry/clock.ts'
import { type MetricsFormat, Registry } from '../../telemetry/exposition.ts'
import { createLog, type Level, type Log } from '../../telemetry/log.ts'
import { serve } from '../../telemetry/serve.ts'
import { version } from '../../telemetry/version.ts'
import { ElectionLog } from './election-log.ts'

export interface RunControllerOptions {
  readonly namespace: string
  readonly leaseName: string
  readonly identity: string
  /** Where `/metrics`, `/healthz` and `/readyz` are served. */
  readonly metricsAddress: string
  readonly probeAddress?: string
  /** How long others wait after our last renewal; we stop leading after two thirds of it. */
  readonly leaseMs: number
  readonly intervalMs: number
  readonly settleMs: number
  /** Who may act on nodes, in the order in which they are asked. */
  readonly providers: readonly ProviderName[]
  /** What a person says about Karpenter's own node repair; absent: it is read. */
  readonly karpenterNodeRepair?: KarpenterNodeRepair
  /** What some of them are set to. */
  readonly settings?: Omit<ProviderParts, 'api' | 'clock'>
  /** Of the pods that act on nodes; absent: nothing is carried out there. */
  readonly onNode?: OnNodeSettings
  /** What the catalogue suggests, by reason. */
  readonly suggestions?: Suggestions
  readonly level: Level
}

export interface ControllerParts {
  readonly api: Api
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
  /** Receives whole log lines. */
  readonly write: (line: string) => void
  /** Told when everything runs, with the port that is served. */
  readonly onReady?: (port: number) => void
}

/** A pass that takes longer than this has hung: the probe says so, and kubelet restarts us. */
const hungMs = 5 * 60_000
/** How long the last Events may take. */
const shutdownDeadlineMs = 3_000

export async function runController(options: RunControllerOptions, parts: ControllerParts): Promise<void> {
  const { api, clock, random, signal } = parts
  const { namespace, leaseName, identity, intervalMs, settleMs } = options
  const acts = options.onNode !== undefined
  const log = createLog({ clock, hostname: identity, level: options.level, write: parts.write })
  log.info('starting', {
    version,
    identity,
    server: api.server,
    lease: `${namespace}/${leaseName}`,
    providers: options.providers,
  })

  const registry = new Registry()
  const onError = (error: unknown): void => log.warn('writing an Event failed', { error })
  const events = createEventRecorder({ api, clock, random, component: 'nodemend-controller', host: identity, onError })
  const leadership = new LeadershipView(clock, identity)
  const watching = new AbortController()
  const half = assemble({
    api,
    clock,
    random,
    events,
    registry,
    log,
    providers: providersNamed(options.providers, { ...options.settings, api, clock }),
    leadership: () => leadership.now,
    lease: { namespace, name: leaseName },
    karpenterNodeRepair: options.karpenterNodeRepair,
    onNode: options.onNode,
    suggestions: options.suggestions,
    settleMs,
    onChange: () => loop.wake(),
    signal: watching.signal,
  })
  watchRights({
    api,
    clock,
    log,
    registry,
    rights: rightsWithProviders(namespace, options.providers, acts),
    remedy: controllerRemedy(namespace, options.providers, options.onNode?.image),
    signal: watching.signal,
  })
  const passes = timed(half, clock)
  const loop = new PassLoop({ clock, intervalMs, pass: passes.run, signal })
  const pages = {
    metrics: (format: MetricsFormat) => registry.render(format),
    healthz: () => (passes.hang ? { ok: false, text: 'the pass hangs' } : { ok: true, text: 'ok' }),
    readyz: () => ({ ok: half.observer.trouble === undefined, text: half.observer.trouble ?? 'ok' }),
  }
  const addresses = [options.metricsAddress, options.probeAddress].filter((one) => one !== undefined)
  const serving = await Promise.all(addresses.map((address) => serve({ address, ...pages })))

  // Nobody watched while no controller led: what happened meanwhile settles first.
  if ((await unattendedMs(options, parts)) > outageMs) half.observer.health.settle()
  const hold = compete(options, parts, log, leadership, half, () => loop.wake())
  const watches = half.observer.run()
  log.info('running', { port: serving[0]?.port })
  parts.onReady?.(serving[0]?.port ?? 0)

  await loop.run()
  log.info('stopping')
  await hold.stopped
  watching.abort()
  await watches
  await Promise.race([events.flush(), sleep(clock, shutdownDeadlineMs)])
  events.stop()
  await Promise.all(serving.map((one) => one.close()))
  log.info('stopped')
}

function compete(
  { namespace, leaseName, identity, leaseMs }: RunControllerOptions,
  { api, clock, random, signal }: ControllerParts,
  log: Log,
  leadership: LeadershipView,
  { observer }: Assembled,
  wake: () => void,
): LeaseHold {
  const election = new ElectionLog(log, clock)
  const hold = holdLease({
    api,
    clock,
    random,
    namespace,
    name: leaseName,
    identity,
    durationMs: leaseMs,
    renewMs: (leaseMs * 2) / 3,
    retryMs: (leaseMs * 2) / 15,
    onLeading: ({ transitions }) => {
      if (leadership.won(hold, transitions)) observer.health.settle()
      log.info('leading', { fencingToken: transitions })
      wake()
    },
    onLost: () => {
      leadership.lost()
      if (signal.aborted) log.info('giving the lease back')
      else log.warn('no longer leading')
    },
    onSeen: (lease) => observer.pause.see(lease),
    onError: (error) => election.failed(error),
    onWorked: () => election.worked(),
    signal,
  })
  return hold
}

function timed({ controller }: Assembled, clock: Clock): { run(): Promise<number>; readonly hang: boolean } {
  let endedAt = clock.monotonic()
  return {
    async run() {
      const dueMs = await controller.pass()
      endedAt = clock.monotonic()
      return dueMs
    },
    get hang() {
      return clock.monotonic() - endedAt > hungMs
    },
  }
}

interface LeaseObject extends KubeObject {
  readonly spec?: { readonly renewTime?: string }
}

/** For how long nobody has renewed the leader lease; 0 when there has never been one. */
async function unattendedMs(
  { namespace, leaseName }: RunControllerOptions,
  { api, clock }: ControllerParts,
): Promise<number> {
  try {
    const lease = await getObject<LeaseObject>(api, leases, { namespace, name: leaseName }, { timeoutMs: 5_000 })
    const renewed = Date.parse(lease.spec?.renewTime ?? '')
    return Number.isNaN(renewed) ? 0 : clock.now() - renewed
  } catch (error) {
    if (isKubeError(error, 'NM_KUBE_NOT_FOUND')) return 0
    if (isKubeError(error)) return Number.POSITIVE_INFINITY // the API server is away right now: that is an outage
    throw error
  }
}
