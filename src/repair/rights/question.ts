/** Whether we may do everything that a repair takes, asked before its first step touches the node. */
import type { Api } from '../../kube/api.ts'
import { reviewAll } from '../../kube/rights/review.ts'
import { permissionText } from '../../kube/rights/right.ts'
import type { Clock } from '../../telemetry/clock.ts'
import type { Objection } from '../observe/last-look.ts'
import { type Intent, permissionsFor } from './rights.ts'

/** A no counts this long: passes are frequent. */
const deniedMs = 30_000
/** A yes counts for the admissions of one burst: each of a thousand would ask the same questions. */
const grantedMs = 10_000

/** Named like a gate in the record; it is a call, and gates are pure. */
const gate = 'rights'

export class RightsQuestion {
  readonly #api: Api
  readonly #clock: Clock
  /** The command that grants what is missing. */
  readonly #remedy: string
  /** Of the pods that act on nodes. */
  readonly #namespace: string
  /** Until when a permission counts as granted, by its words. */
  readonly #granted = new Map<string, number>()
  readonly #denied = new Map<string, { readonly until: number; readonly objection: Objection }>()

  constructor(api: Api, clock: Clock, remedy: string, namespace: string) {
    this.#api = api
    this.#clock = clock
    this.#remedy = remedy
    this.#namespace = namespace
  }

  /** Why the repair must not begin; undefined when every right is granted. What cannot be told is a no. */
  async objection(intent: Intent): Promise<Objection | undefined> {
    const now = this.#clock.monotonic()
    for (const [key, { until }] of this.#denied) if (until <= now) this.#denied.delete(key)
    const key = JSON.stringify(intent)
    const known = this.#denied.get(key)
    if (known) return known.objection
    const objection = await this.#ask(intent)
    if (objection) this.#denied.set(key, { until: now + deniedMs, objection })
    return objection
  }

  async #ask(intent: Intent): Promise<Objection | undefined> {
    const now = this.#clock.monotonic()
    const open = permissionsFor(intent, this.#namespace).filter(
      (one) => (this.#granted.get(permissionText(one)) ?? 0) <= now,
    )
    const { missing, unknown } = await reviewAll(this.#api, open)
    if (missing.length > 0) {
      const why = `the controller may not ${missing.map(permissionText).join(', nor ')}`
      return { gate, why, change: `grant it: ${this.#remedy}` }
    }
    if (unknown === undefined) {
      for (const one of open) if (one.name === undefined) this.#granted.set(permissionText(one), now + grantedMs)
      return undefined
    }
    return { gate, why: `unknown whether the repair is allowed: ${unknown}`, change: 'the API server answers' }
  }
}
