/**
 * Logs writes to the API server that fail: the first failure, every different error, and reminders while the outage
 * lasts. A remedy names every right that the call needs.
 */
import { isKubeError, type KubeErrorCode } from '../../kube/errors.ts'
import type { Clock } from '../../telemetry/clock.ts'
import type { Log } from '../../telemetry/log.ts'

/** Interval between reminders about the same error. */
export const remindMs = 5 * 60_000

export interface OutageOptions {
  readonly clock: Clock
  readonly log: Log
  readonly node: string
  /** The failing task, e.g. `cannot write an Event`. */
  readonly what: string
  /** Verbs and resource that the call needs, e.g. `create and patch events in namespace default`. */
  readonly rights: string
}

export class Outage {
  readonly #options: OutageOptions
  #since: number | undefined // monotonic
  #loggedCode = ''
  #loggedAt = 0 // monotonic

  constructor(options: OutageOptions) {
    this.#options = options
  }

  /** Milliseconds since writes began to fail; 0 when the last one succeeded. */
  get lastsMs(): number {
    return this.#since === undefined ? 0 : this.#options.clock.monotonic() - this.#since
  }

  failed(error: unknown): void {
    const { clock, log, node, what } = this.#options
    const now = clock.monotonic()
    this.#since ??= now
    const code = isKubeError(error) ? error.code : 'NM_KUBE_ANSWER'
    if (code === this.#loggedCode && now - this.#loggedAt < remindMs) return
    this.#loggedCode = code
    this.#loggedAt = now
    const blockedSeconds = Math.round(this.lastsMs / 1000)
    const remedy = this.#remedyOf(code)
    log.warn(`${what}; trying again`, {
      node,
      error,
      ...(blockedSeconds > 0 && { blockedSeconds }),
      ...(remedy && { remedy }),
    })
  }

  worked(): void {
    this.#since = undefined
    this.#loggedCode = ''
  }

  #remedyOf(code: KubeErrorCode): string | undefined {
    const remedies: Partial<Record<KubeErrorCode, string>> = {
      NM_KUBE_NOT_FOUND:
        'the node is not registered yet, or has another name: set --hostname-override or MY_NODE_NAME to its name in the cluster',
      NM_KUBE_FORBIDDEN: `allow this identity to ${this.#options.rights}`,
      NM_KUBE_UNAUTHORIZED:
        'the credentials are invalid: check the service account; its token is read again before each try',
    }
    return remedies[code]
  }
}
