/** The shipped controller in virtual time: its parts, its pass loop, and a lease that the scenario holds. */
import type { Api } from '../../kube/api.ts'
import type { Occurrence } from '../../kube/events/queue.ts'
import type { LeaseHold } from '../../kube/lease.ts'
import { type ProviderName, providersNamed } from '../../providers/providers.ts'
import { type Assembled, assemble } from '../../repair/assemble.ts'
import { LeadershipView } from '../../repair/leadership.ts'
import { outageMs } from '../../repair/observe/health.ts'
import type { KarpenterNodeRepair } from '../../repair/observe/karpenter-repair.ts'
import { PassLoop } from '../../repair/pass-loop.ts'
import type { Cancel, Clock, Random } from '../../telemetry/clock.ts'
import { Registry } from '../../telemetry/exposition.ts'
import { silentLog } from '../../telemetry/log.ts'

/** Between passes of a quiet cluster, below the gap that counts as an outage; a change, or a moment waited for, has its own pass. */
const intervalMs = 25_000

export interface VirtualControllerOptions {
  readonly connect: () => Api
  readonly clock: Clock
  readonly random: Random
  readonly providers: readonly ProviderName[]
  readonly karpenterNodeRepair: KarpenterNodeRepair
  readonly settleMs: number
  /** Receives each Event that it tells. */
  readonly onEvent: (event: Occurrence) => void
  /** Called after each pass. */
  readonly onPass: () => void
}

export const lease = { namespace: 'default', name: 'nodemend-controller' } as const

/** The clock of the controller's machine: it runs as the cluster's does, and may be set by itself. */
export class OwnClock implements Clock {
  readonly #true: Clock
  #offMs = 0

  constructor(trueClock: Clock) {
    this.#true = trueClock
  }

  set(byMs: number): void {
    this.#offMs += byMs
  }

  now(): number {
    return this.#true.now() + this.#offMs
  }

  monotonic(): number {
    return this.#true.monotonic()
  }

  after(ms: number, run: () => void): Cancel {
    return this.#true.after(ms, run)
  }
}

/** One controller that may be killed, started again and lose its lease. */
export class VirtualController {
  readonly #options: VirtualControllerOptions
  readonly #clock: OwnClock
  #running: { readonly half: Assembled; readonly ended: AbortController; readonly loop: PassLoop } | undefined
  #leadership: LeadershipView
  #leads = true
  #token = 1
  #endedAt: number | undefined

  constructor(options: VirtualControllerOptions) {
    this.#options = options
    this.#clock = new OwnClock(options.clock)
    this.#leadership = new LeadershipView(this.#clock, 'controller-1')
  }

  /** Starts it. After a gap without any controller, what happened meanwhile settles first. */
  start(): void {
    if (this.#running) return
    const clock = this.#clock
    const { connect, random, providers, karpenterNodeRepair, settleMs, onEvent, onPass } = this.#options
    const ended = new AbortController()
    const api = connect()
    const leadership = new LeadershipView(clock, `controller-${this.#token}`)
    this.#leadership = leadership
    const half = assemble({
      api,
      clock,
      random,
      events: { record: onEvent, flush: async () => {}, pending: 0, dropped: 0, stop() {} },
      registry: new Registry(),
      log: silentLog,
      providers: providersNamed(providers, { api, clock }),
      leadership: () => leadership.now,
      lease,
      karpenterNodeRepair,
      settleMs,
      onChange: () => loop.wake(),
      signal: ended.signal,
    })
    const pass = async (): Promise<number> => {
      const due = await half.controller.pass()
      onPass()
      return due
    }
    const loop = new PassLoop({ clock, intervalMs, pass, signal: ended.signal })
    this.#running = { half, ended, loop }
    if (this.#endedAt !== undefined && clock.monotonic() - this.#endedAt > outageMs) half.observer.health.settle()
    if (this.#leads) this.#win()
    void half.observer.run()
    void loop.run()
  }

  /** Ends it as `kill -9` would: nothing is put back. */
  kill(): void {
    this.#running?.ended.abort()
    this.#running = undefined
    this.#endedAt = this.#clock.monotonic()
    this.#token++
  }

  /** Sets the wall clock of its machine, as NTP or a person would. */
  setClock(byMs: number): void {
    this.#clock.set(byMs)
  }

  lose(): void {
    this.#leads = false
    this.#leadership.lost()
    this.#running?.loop.wake()
  }

  win(): void {
    this.#leads = true
    this.#token++
    this.#win()
    this.#running?.loop.wake()
  }

  #win(): void {
    const hold: LeaseHold = { isLeaderUntil: () => Number.MAX_SAFE_INTEGER, stopped: Promise.resolve() }
    if (this.#leadership.won(hold, this.#token)) this.#running?.half.observer.health.settle()
  }
}
