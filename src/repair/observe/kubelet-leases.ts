/**
 * Kubelet leases: when many stop at once, it is not the nodes. Listed now and then while a repair is open, and before a
 * decision. A lease is judged by whether *we* see it move, so a node with a wrong clock is not taken for a silent one.
 */
import { type Api, type KubeObject, leases } from '../../kube/api.ts'
import { listObjects } from '../../kube/objects.ts'
import type { LeaseCounts } from '../../model/node.ts'
import type { Clock } from '../../telemetry/clock.ts'

/** Kubelet renews every 10 s; a lease lasts 40 s. */
const staleAfterMs = 60_000
/**
 * A kubelet that stopped this long ago is no news: an outage is over or known by then. It says nothing about the others, as long
 * as one of them renews its lease.
 */
export const longDeadMs = 12 * 3_600_000
/** A list that is older than this says nothing about now. */
const knownForMs = 60_000
/** Between two lists. */
const pollMs = 20_000
const namespace = 'kube-node-lease'

interface LeaseObject extends KubeObject {
  readonly spec?: { readonly renewTime?: string }
}

interface SeenLease {
  readonly renewTime: string
  /** Monotonic time at which we saw it move; before that, derived from its own stamp. */
  readonly movedAt: number
}

export class KubeletLeases {
  readonly #api: Api
  readonly #clock: Clock
  #seen: ReadonlyMap<string, SeenLease> = new Map()
  #listedAt = Number.NEGATIVE_INFINITY
  #nextAt = Number.NEGATIVE_INFINITY
  #trouble: string | undefined

  constructor(api: Api, clock: Clock) {
    this.#api = api
    this.#clock = clock
  }

  /** Lists the leases when it is time to. Rejects with KubeError; what was listed before counts until it is a minute old. */
  async poll(): Promise<void> {
    const now = this.#clock.monotonic()
    if (now < this.#nextAt) return
    this.#nextAt = now + pollMs
    try {
      const { items } = await listObjects<Renewal, LeaseObject>(this.#api, leases, { namespace, project })
      const before = this.#isFresh(now) ? this.#seen : new Map<string, SeenLease>() // a gap: nobody saw what moved when
      this.#seen = new Map(items.map((item) => [item.metadata.name ?? '', this.#look(item, before)]))
      this.#listedAt = now
      this.#trouble = undefined
    } catch (error) {
      this.#trouble = error instanceof Error ? error.message : String(error)
      throw error
    }
  }

  /** True while the last list says something about now. */
  get known(): boolean {
    return this.#isFresh(this.#clock.monotonic())
  }

  /** What the last list says about `nodes`, by name: the lease of a Node that is gone, or long dead, counts no more. */
  counts(nodes: readonly string[]): LeaseCounts {
    if (!this.#isFresh(this.#clock.monotonic())) {
      return { state: 'unknown', why: this.#trouble ?? 'nobody has listed them for a minute' }
    }
    const ours = nodes.flatMap((name) => this.#seen.get(name) ?? [])
    const stoppedFor = ours.map((one) => this.#listedAt - one.movedAt)
    const stale = stoppedFor.filter((ms) => ms > staleAfterMs)
    const dead = stale.length < ours.length ? stale.filter((ms) => ms > longDeadMs).length : 0
    return { state: 'listed', followed: ours.length - dead, stale: stale.length - dead }
  }

  /** Whether the kubelet of `node` renews its lease, by the last list. */
  of(node: string): 'moves' | 'stopped' | 'unknown' {
    const seen = this.#seen.get(node)
    if (!seen || !this.#isFresh(this.#clock.monotonic())) return 'unknown'
    return this.#listedAt - seen.movedAt > staleAfterMs ? 'stopped' : 'moves'
  }

  #isFresh(now: number): boolean {
    return now - this.#listedAt <= knownForMs
  }

  #look({ metadata, renewTime }: Renewal, before: ReadonlyMap<string, SeenLease>): SeenLease {
    const known = before.get(metadata.name ?? '')
    const now = this.#clock.monotonic()
    if (known?.renewTime === renewTime) return known
    if (known) return { renewTime, movedAt: now }
    const age = Math.max(0, this.#clock.now() - Date.parse(renewTime))
    return { renewTime, movedAt: now - (Number.isNaN(age) ? 0 : age) }
  }
}

interface Renewal extends KubeObject {
  readonly renewTime: string
}

function project({ metadata, spec }: LeaseObject): Renewal {
  return { metadata: { name: metadata.name ?? '' }, renewTime: spec?.renewTime ?? '' }
}
