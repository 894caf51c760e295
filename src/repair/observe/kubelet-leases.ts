/**
 * Kubelet leases: when many stop at once, it is not the nodes. Listed now and then, and only while a repair is open; a
 * lease is judged by whether *we* see it move, so a node with a wrong clock is not taken for a silent one.
 */
import { type Api, type KubeObject, leases } from '../../kube/api.ts'
import { listObjects } from '../../kube/objects.ts'
import type { ApiHealth } from '../../model/node.ts'
import type { Clock } from '../../telemetry/clock.ts'

/** Kubelet renews every 10 s; a lease lasts 40 s. */
const staleAfterMs = 60_000
/** Between two lists. */
const pollMs = 20_000
const namespace = 'kube-node-lease'

interface LeaseObject extends KubeObject {
  readonly spec?: { readonly renewTime?: string }
}

interface Watched {
  readonly renewTime: string
  /** Monotonic time at which we saw it move; before that, derived from its own stamp. */
  readonly movedAt: number
}

export class KubeletLeases {
  readonly #api: Api
  readonly #clock: Clock
  #seen: ReadonlyMap<string, Watched> = new Map()
  #nextAt = 0

  constructor(api: Api, clock: Clock) {
    this.#api = api
    this.#clock = clock
  }

  /** Lists the leases when it is time to. Rejects with KubeError. */
  async poll(): Promise<void> {
    const now = this.#clock.monotonic()
    if (now < this.#nextAt) return
    this.#nextAt = now + pollMs
    const { items } = await listObjects<Renewal, LeaseObject>(this.#api, leases, { namespace, project })
    this.#seen = new Map(items.map((item) => [item.metadata.name ?? '', this.#look(item)]))
  }

  get counts(): ApiHealth['leases'] {
    const now = this.#clock.monotonic()
    const stale = [...this.#seen.values()].filter((one) => now - one.movedAt > staleAfterMs)
    return { followed: this.#seen.size, stale: stale.length }
  }

  #look({ metadata, renewTime }: Renewal): Watched {
    const known = this.#seen.get(metadata.name ?? '')
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
