/** The controller, put together: this file is its parts list. Runs until `signal`, finishes its pass, gives the lease back. */
import { serve } from '../detect/report/serve.ts'
import { type Api, leases } from '../kube/api.ts'
import { isKubeError } from '../kube/errors.ts'
import { createEventRecorder } from '../kube/event-recorder.ts'
import { holdLease } from '../kube/lease.ts'
import { getObject } from '../kube/objects.ts'
import { assemble } from '../repair/assemble.ts'
import { LeadershipView } from '../repair/leadership.ts'
import { Loop } from '../repair/loop.ts'
import { outageMs } from '../repair/observe/health.ts'
import { type Clock, type Random, sleep } from '../telemetry/clock.ts'
import { type MetricsFormat, Registry } from '../telemetry/exposition.ts'
import { createLog, type Level } from '../telemetry/log.ts'
import { version } from '../telemetry/version.ts'

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
const lastWordsMs = 3_000

export async function runController(options: RunControllerOptions, parts: ControllerParts): Promise<void> {
  const { api, clock, random, signal } = parts
  const { namespace, leaseName, identity } = options
  const log = createLog({ clock, hostname: identity, level: options.level, write: parts.write })
  log.info('starting', { version, identity, server: api.server, lease: `${namespace}/${leaseName}` })

  const registry = new Registry()
  const events = createEventRecorder({
    api,
    clock,
    random,
    component: 'nodemend-controller',
    host: identity,
    onError: (error) => log.warn('writing an Event failed', { error }),
  })
  const leadership = new LeadershipView(clock, identity)
  const watching = new AbortController()
  const { controller, observer } = assemble({
    api,
    clock,
    random,
    events,
    registry,
    log,
    leadership: () => leadership.now,
    lease: { namespace, name: leaseName },
    settleMs: options.settleMs,
    onChange: () => loop.wake(),
    signal: watching.signal,
  })
  let passedAt = clock.monotonic()
  const pass = async (): Promise<boolean> => {
    const busy = await controller.pass()
    passedAt = clock.monotonic()
    return busy
  }
  const loop = new Loop({ clock, intervalMs: options.intervalMs, pass, signal })

  const pages = {
    metrics: (format: MetricsFormat) => registry.render(format),
    healthz: () => {
      const hung = clock.monotonic() - passedAt > hungMs
      return { ok: !hung, text: hung ? 'the pass hangs' : 'ok' }
    },
    readyz: () => ({ ok: observer.trouble === undefined, text: observer.trouble ?? 'ok' }),
  }
  const addresses = [options.metricsAddress, options.probeAddress].filter((one) => one !== undefined)
  const serving = await Promise.all(addresses.map((address) => serve({ address, ...pages })))

  // Nobody watched while no controller led: what happened meanwhile settles first.
  const idleMs = await unattendedMs(api, namespace, leaseName, clock)
  if (idleMs > outageMs) observer.health.settle()
  const hold = holdLease({
    api,
    clock,
    random,
    namespace,
    name: leaseName,
    identity,
    durationMs: options.leaseMs,
    renewMs: (options.leaseMs * 2) / 3,
    retryMs: (options.leaseMs * 2) / 15,
    onLeading: ({ transitions }) => {
      if (leadership.won(hold, transitions)) observer.health.settle()
      log.info('leading', { fencingToken: transitions })
      loop.wake()
    },
    onLost: () => {
      leadership.lost()
      if (signal.aborted) log.info('giving the lease back')
      else log.warn('no longer leading')
    },
    onError: (error) => log.warn('the leader election failed once', { error }),
    signal,
  })
  const watches = observer.run()
  log.info('running', { port: serving[0]?.port })
  parts.onReady?.(serving[0]?.port ?? 0)

  await loop.run()
  log.info('stopping')
  await hold.stopped
  watching.abort()
  await watches
  await Promise.race([events.flush(), sleep(clock, lastWordsMs)])
  events.stop()
  await Promise.all(serving.map((one) => one.close()))
  log.info('stopped')
}

/** For how long nobody has renewed the leader lease; 0 when there has never been one. */
async function unattendedMs(api: Api, namespace: string, name: string, clock: Clock): Promise<number> {
  try {
    const lease = await getObject<{ metadata: object; spec?: { renewTime?: string } }>(
      api,
      leases,
      { namespace, name },
      { timeoutMs: 5_000 },
    )
    const renewed = Date.parse(lease.spec?.renewTime ?? '')
    return Number.isNaN(renewed) ? 0 : clock.now() - renewed
  } catch (error) {
    if (isKubeError(error, 'NM_KUBE_NOT_FOUND')) return 0
    if (isKubeError(error)) return Number.POSITIVE_INFINITY // the API server is away right now: that is an outage
    throw error
  }
}
