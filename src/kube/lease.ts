/**
 * Leader election by a Lease, with a fencing token. Clocks need not agree: a candidate takes over only a lease that did
 * not change for its whole duration on the candidate's monotonic clock, and a leader counts from before its renewal.
 */
import { type Clock, type Random, sleep } from '../telemetry/clock.ts'
import { rfc3339 } from '../telemetry/rfc3339.ts'
import { type Api, type KubeObject, leases } from './api.ts'
import { isKubeError, type KubeError } from './errors.ts'
import { createObject, getObject, replaceObject } from './objects.ts'

export interface LeaseOptions {
  readonly api: Api
  readonly clock: Clock
  readonly random: Random
  readonly namespace: string
  readonly name: string
  /** Unique per process (pod name and a random part), because two processes with one identity would both lead. */
  readonly identity: string
  /** Called when this process leads. `transitions` is the fencing token: it grows with every new leadership. */
  onLeading(token: LeaseToken): void
  /** Called when this process no longer leads: everything that acts must stop. The lease is released after this has settled. */
  onLost(): void | Promise<void>
  /** Receives the error of every failed try; the election goes on. */
  onError?(error: unknown): void
  /** Receives the lease as each answer to this process, while it leads, shows it. */
  onSeen?(lease: KubeObject): void
  /** Called when the API server has answered a try to take or renew the lease. */
  onWorked?(): void
  /** How long candidates wait after the last renewal that they saw, milliseconds. Default 15,000. */
  readonly durationMs?: number
  /** How long a leader leads after its last renewal, milliseconds. Default 10,000; must be below `durationMs`. */
  readonly renewMs?: number
  /** Milliseconds between tries. Default 2,000. */
  readonly retryMs?: number
  readonly signal: AbortSignal
}

export interface LeaseToken {
  readonly transitions: number
}

export interface LeaseHold {
  /**
   * Monotonic time until which this process certainly leads; -Infinity while it does not. Before a destructive call,
   * check that `now + the call's time-out` is still below it.
   */
  isLeaderUntil(): number
  /** Resolves after the signal: `onLost` has settled and the lease, if held, is released. */
  readonly stopped: Promise<void>
}

interface Lease extends KubeObject {
  readonly spec?: LeaseSpec
}

interface LeaseSpec {
  readonly holderIdentity?: string
  readonly leaseDurationSeconds?: number
  readonly acquireTime?: string
  readonly renewTime?: string
  readonly leaseTransitions?: number
}

/** Starts to compete for the lease and, once leading, keeps renewing it, until `signal` is aborted. */
export function holdLease(options: LeaseOptions): LeaseHold {
  const candidate = new Candidate(options)
  return { isLeaderUntil: () => candidate.leaderUntil(), stopped: candidate.run() }
}

const never = Number.NEGATIVE_INFINITY

class Candidate {
  readonly #options: LeaseOptions
  readonly #durationMs: number
  readonly #renewMs: number
  readonly #retryMs: number
  /** The lease as last read, and since when it has not changed. */
  #seen: { readonly version: string; readonly sinceMonotonic: number } | undefined
  /** The lease of this process while it leads. */
  #held: Lease | undefined
  #until = never
  /** Transitions of this process's last term after its work stopped: it may take a lease of that term again at once. */
  #ended: number | undefined

  constructor(options: LeaseOptions) {
    this.#options = options
    this.#durationMs = options.durationMs ?? 15_000
    this.#renewMs = options.renewMs ?? 10_000
    this.#retryMs = options.retryMs ?? 2_000
    if (this.#renewMs >= this.#durationMs) throw new RangeError('renewMs must be below durationMs')
  }

  leaderUntil(): number {
    return this.#options.clock.monotonic() < this.#until ? this.#until : never
  }

  async run(): Promise<void> {
    const { clock, random, signal } = this.#options
    while (!signal.aborted) {
      if (this.#held) await this.#lead()
      else await this.#try(() => this.#worked(this.#acquire()))
      if (!this.#held) await sleep(clock, this.#retryMs * (1 + random() * 0.2), signal).catch(() => undefined)
    }
  }

  /** One term: from the taking of the lease until it is lost or the signal ends it. */
  async #lead(): Promise<void> {
    const { signal } = this.#options
    const term = new AbortController()
    const end = (): void => term.abort()
    signal.addEventListener('abort', end, { once: true })
    await this.#try(async () => this.#options.onLeading({ transitions: this.#held?.spec?.leaseTransitions ?? 0 }), end)
    await this.#renewUntilLost(term.signal, end)
    signal.removeEventListener('abort', end)
    const last = this.#held
    this.#held = undefined
    this.#until = never
    let stopped = true
    await this.#try(
      async () => this.#options.onLost(),
      () => {
        stopped = false // work may still run, so the lease must expire instead of being released
      },
    )
    if (!last || !stopped) return
    this.#ended = last.spec?.leaseTransitions
    await this.#try(() => this.#release(last))
  }

  async #renewUntilLost(term: AbortSignal, end: () => void): Promise<void> {
    const { clock } = this.#options
    while (this.#held && !term.aborted) {
      const cancelDeadline = clock.after(Math.max(0, this.#until - clock.monotonic()), end)
      await sleep(clock, this.#retryMs, term).catch(() => undefined)
      if (!term.aborted) await this.#try(() => this.#worked(this.#renew(term)))
      cancelDeadline()
    }
  }

  async #acquire(): Promise<void> {
    const { api, clock, namespace, name, identity } = this.#options
    const lease = await this.#read()
    const sent = clock.monotonic()
    if (lease === undefined) {
      const metadata = { name, namespace }
      const created = await createObject<Lease>(
        api,
        leases,
        { metadata, spec: this.#spec(1, identity) },
        { timeoutMs: this.#retryMs },
      )
      return this.#won(created, sent)
    }
    if (!this.#isFree(lease)) return
    const transitions = (lease.spec?.leaseTransitions ?? 0) + 1
    this.#won(await this.#write(lease, this.#spec(transitions, identity)), sent)
  }

  /** Free when released, or when it did not change for its whole duration on our monotonic clock. */
  #isFree(lease: Lease): boolean {
    const now = this.#options.clock.monotonic()
    const version = lease.metadata.resourceVersion ?? ''
    if (this.#seen?.version !== version) this.#seen = { version, sinceMonotonic: now }
    if (!lease.spec?.holderIdentity) return true
    const oursAndOver =
      lease.spec.holderIdentity === this.#options.identity && lease.spec.leaseTransitions === this.#ended
    if (oursAndOver) return true
    const theirs = (lease.spec.leaseDurationSeconds ?? 0) * 1000
    return now - this.#seen.sinceMonotonic >= Math.max(theirs, this.#durationMs)
  }

  async #renew(signal: AbortSignal): Promise<void> {
    const { clock, identity } = this.#options
    const held = this.#held
    if (!held) return
    const sent = clock.monotonic()
    const spec = { ...held.spec, ...this.#spec(held.spec?.leaseTransitions ?? 0, identity) }
    try {
      const renewed = await this.#write(held, { ...spec, acquireTime: held.spec?.acquireTime ?? '' }, signal)
      this.#won(renewed, sent)
    } catch (error) {
      if (isKubeError(error, 'NM_KUBE_CONFLICT', 'NM_KUBE_NOT_FOUND')) await this.#settle(error)
      throw error
    }
  }

  /** Another process wrote the lease, or an earlier renewal of this process was stored although its answer was lost. */
  async #settle(error: KubeError): Promise<void> {
    const lease = error.code === 'NM_KUBE_NOT_FOUND' ? undefined : await this.#read()
    const held = this.#held
    const ours =
      lease?.spec?.holderIdentity === this.#options.identity &&
      lease.spec.leaseTransitions === held?.spec?.leaseTransitions
    this.#held = ours ? lease : undefined
    if (this.#held) this.#options.onSeen?.(this.#held)
  }

  async #release(lease: Lease): Promise<void> {
    await this.#write(lease, { ...this.#spec(lease.spec?.leaseTransitions ?? 0, ''), leaseDurationSeconds: 1 })
  }

  #won(lease: Lease, sentMonotonic: number): void {
    this.#held = lease
    this.#until = sentMonotonic + this.#renewMs
    this.#options.onSeen?.(lease)
  }

  async #read(): Promise<Lease | undefined> {
    const { api, namespace, name } = this.#options
    try {
      return await getObject<Lease>(api, leases, { namespace, name }, { timeoutMs: this.#retryMs })
    } catch (error) {
      if (isKubeError(error, 'NM_KUBE_NOT_FOUND')) return undefined
      throw error
    }
  }

  #write(lease: Lease, spec: LeaseSpec, signal?: AbortSignal): Promise<Lease> {
    const { api, namespace, name } = this.#options
    const limits = { timeoutMs: this.#retryMs, ...(signal === undefined ? {} : { signal }) }
    return replaceObject<Lease>(api, leases, { namespace, name }, { ...lease, spec }, limits)
  }

  #spec(transitions: number, holder: string): LeaseSpec {
    const now = microTime(this.#options.clock.now())
    return {
      holderIdentity: holder,
      leaseDurationSeconds: Math.ceil(this.#durationMs / 1000),
      acquireTime: now,
      renewTime: now,
      leaseTransitions: transitions,
    }
  }

  async #worked(step: Promise<void>): Promise<void> {
    await step
    this.#options.onWorked?.()
  }

  async #try(step: () => Promise<void>, otherwise?: () => void): Promise<void> {
    try {
      await step()
    } catch (error) {
      otherwise?.()
      this.#options.onError?.(error)
    }
  }
}

/** RFC 3339 with microseconds, as the API's MicroTime wants it. */
function microTime(ms: number): string {
  return rfc3339(ms).replace('Z', '000Z')
}
