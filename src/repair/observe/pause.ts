/** Whether a person paused the whole controller: an annotation on its lease, whose value says why. */
import { type Api, type KubeObject, leases, type ObjectRef } from '../../kube/api.ts'
import { isKubeError } from '../../kube/errors.ts'
import { getObject } from '../../kube/objects.ts'
import type { Pause } from '../../model/node.ts'
import type { Clock } from '../../telemetry/clock.ts'

export const pausedKey = 'nodemend.dev/paused'

/** Between two answers; a question without one is asked again with the next pass. */
const pollMs = 5_000
/** A pass waits this long for the answer. */
const timeoutMs = 5_000

/** Asks now. Never rejects: an error is the answer `unknown`. Without a lease there is no pause. */
export async function readPause(api: Api, lease: ObjectRef): Promise<Pause> {
  try {
    return pauseIn(await getObject(api, leases, lease, { timeoutMs }))
  } catch (error) {
    if (isKubeError(error, 'NM_KUBE_NOT_FOUND')) return { state: 'off' }
    return { state: 'unknown', why: error instanceof Error ? error.message : String(error) }
  }
}

function pauseIn({ metadata }: KubeObject): Pause {
  const why = metadata.annotations?.[pausedKey]
  return why === undefined ? { state: 'off' } : { state: 'on', why }
}

export class PauseRequest {
  readonly #api: Api
  readonly #clock: Clock
  readonly #lease: ObjectRef
  #pause: Pause = { state: 'unknown', why: 'nobody has asked yet' }
  #nextAt = Number.NEGATIVE_INFINITY

  constructor(api: Api, clock: Clock, lease: ObjectRef) {
    this.#api = api
    this.#clock = clock
    this.#lease = lease
  }

  /** As last answered; `unknown` from the first question without an answer until the next one that has one. */
  get pause(): Pause {
    return this.#pause
  }

  /** Asks when it is time to; true when it did. Never rejects. */
  async poll(): Promise<boolean> {
    if (this.#clock.monotonic() < this.#nextAt) return false
    await this.ask()
    return true
  }

  /** Takes the lease as its renewal was answered: that is as good as asking. */
  see(lease: KubeObject): void {
    this.#pause = pauseIn(lease)
    this.#nextAt = this.#clock.monotonic() + pollMs
  }

  /** Asks now, whenever the last answer came: what cannot be taken back does not rest on an old one. Never rejects. */
  async ask(): Promise<Pause> {
    const now = this.#clock.monotonic()
    const pause = await readPause(this.#api, this.#lease)
    this.#pause = pause
    this.#nextAt = pause.state === 'unknown' ? Number.NEGATIVE_INFINITY : now + pollMs
    return pause
  }
}
