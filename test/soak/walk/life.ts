/** The shipped controller in a walk: its parts, its pass loop and the real lease, killed and started again at any instant. */

import type { Api } from '../../../src/kube/api.ts'
import type { OpenTransport } from '../../../src/kube/connection.ts'
import { holdLease, type LeaseHold } from '../../../src/kube/lease.ts'
import type { Sent } from '../../../src/kube/transport.ts'
import type { Leadership } from '../../../src/model/node.ts'
import { providersNamed } from '../../../src/providers/providers.ts'
import { type Assembled, assemble } from '../../../src/repair/assemble.ts'
import { LeadershipView } from '../../../src/repair/leadership.ts'
import { outageMs } from '../../../src/repair/observe/health.ts'
import { PassLoop } from '../../../src/repair/pass-loop.ts'
import { OwnClock } from '../../../src/simulate/cluster/virtual-controller.ts'
import type { Clock, Random } from '../../../src/telemetry/clock.ts'
import { Registry } from '../../../src/telemetry/exposition.ts'
import { silentLog } from '../../../src/telemetry/log.ts'
import { type Chaos, Line } from './line.ts'

/** As the controller ships, below the gap that counts as an outage. */
const intervalMs = 20_000
export const leaderLease = { namespace: 'default', name: 'nodemend-controller' } as const

export interface LifeOptions {
  readonly identity: string
  readonly connect: (line: (open: OpenTransport) => OpenTransport) => Api
  readonly clock: Clock
  readonly random: Random
  readonly settleMs: number
  readonly chaos: () => Chaos
  /** For how long nobody has renewed the leader's lease, milliseconds. */
  readonly unattendedMs: () => number
  readonly onCall: (life: Life, sent: Sent) => () => void
  readonly onError: (life: Life, error: unknown) => void
}

interface Running {
  readonly half: Assembled
  readonly ended: AbortController
  readonly line: Line
  readonly leadership: LeadershipView
}

/** One replica: of its lives, one after the other. */
export class Life {
  readonly identity: string
  readonly clock: OwnClock
  lives = 0
  terms = 0
  readonly #options: LifeOptions
  #running: Running | undefined

  constructor(options: LifeOptions) {
    this.#options = options
    this.identity = options.identity
    this.clock = new OwnClock(options.clock)
  }

  get alive(): boolean {
    return this.#running !== undefined
  }

  /** As this replica sees it now. */
  get leadership(): Leadership | undefined {
    return this.#running?.leadership.now
  }

  get settledAt(): number {
    return this.#running?.half.observer.health.health(true, { state: 'unknown', why: '' }).settledAt ?? 0
  }

  /** When it last had to wait for an answer, monotonic. */
  get lateAt(): number {
    return this.#running?.line.lateAt ?? Number.NEGATIVE_INFINITY
  }

  start(): void {
    if (this.#running) return
    const { clock } = this
    const { random, settleMs, connect, chaos, unattendedMs, onCall, onError } = this.#options
    const identity = `${this.identity}-${++this.lives}`
    const ended = new AbortController()
    const line = new Line({ clock, random, chaos, kill: () => this.kill(), onCall: (sent) => onCall(this, sent) })
    const api = connect(line.wrap)
    const leadership = new LeadershipView(clock, identity)
    const half = assemble({
      api,
      clock,
      random,
      events: { record() {}, flush: async () => {}, pending: 0, dropped: 0, stop() {} },
      registry: new Registry(),
      log: { ...silentLog, error: (_text, fields) => onError(this, fields?.error) },
      providers: providersNamed(['embedded'], { api, clock }),
      leadership: () => leadership.now,
      lease: leaderLease,
      karpenterNodeRepair: 'off',
      settleMs,
      onChange: () => loop.wake(),
      signal: ended.signal,
    })
    const loop = new PassLoop({ clock, intervalMs, pass: () => half.controller.pass(), signal: ended.signal })
    this.#running = { half, ended, line, leadership }
    if (unattendedMs() > outageMs) half.observer.health.settle()
    const hold: LeaseHold = holdLease({
      api,
      clock,
      random,
      ...leaderLease,
      identity,
      onLeading: ({ transitions }) => {
        this.terms++
        if (leadership.won(hold, transitions)) half.observer.health.settle()
        loop.wake()
      },
      onSeen: (lease) => half.observer.pause.see(lease),
      onLost: () => leadership.lost(),
      signal: ended.signal,
    })
    void half.observer.run()
    void loop.run()
  }

  /** Ends it as `kill -9` would: nothing is put back. */
  kill(): void {
    this.#running?.line.end()
    this.#running?.ended.abort()
    this.#running = undefined
  }

  hold(ms: number): void {
    this.#running?.line.hold(ms)
  }

  /** After hours that were left out: the watches followed meanwhile. */
  leapt(): void {
    const { observer } = this.#running?.half ?? {}
    observer?.health.passed(observer.trouble === undefined)
  }
}
