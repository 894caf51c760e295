/** Deadline and abort signal of one exchange. */
import type { Cancel, Clock } from '../../telemetry/clock.ts'
import type { Call } from '../api.ts'
import { describeCall } from '../call.ts'
import { KubeError } from '../errors.ts'

/** Cuts an exchange at its deadline or when its caller aborts it; `failure` says which of the two. */
export class Guard {
  failure: KubeError | undefined
  readonly #clock: Clock
  readonly #call: Call
  #timeoutMs: number
  readonly #cut: (error: KubeError) => void
  /** Infinity while the reader is busy. A line moves only this number, because moving the timer costs more. */
  #deadline: number
  #cancel: Cancel
  readonly #onAbort = (): void => this.#fail('NM_KUBE_CLOSED', 'aborted by its caller')

  constructor(clock: Clock, call: Call, timeoutMs: number, cut: (error: KubeError) => void) {
    this.#clock = clock
    this.#call = call
    this.#timeoutMs = timeoutMs
    this.#cut = cut
    this.#deadline = clock.monotonic() + timeoutMs
    this.#cancel = this.#arm(timeoutMs)
    if (call.signal?.aborted) this.#onAbort()
    else call.signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  renew(timeoutMs = this.#timeoutMs): void {
    if (timeoutMs !== this.#timeoutMs) {
      this.#timeoutMs = timeoutMs
      this.#cancel()
      this.#cancel = this.#arm(timeoutMs)
    }
    this.#deadline = this.#clock.monotonic() + this.#timeoutMs
  }

  hold(): void {
    this.#deadline = Number.POSITIVE_INFINITY
  }

  release(): void {
    this.#cancel()
    this.#call.signal?.removeEventListener('abort', this.#onAbort)
  }

  #arm(ms: number): Cancel {
    return this.#clock.after(ms, () => {
      const left = this.#deadline - this.#clock.monotonic()
      if (left > 0) this.#cancel = this.#arm(Math.min(left, this.#timeoutMs))
      else this.#fail('NM_KUBE_TIMEOUT', `no data for ${this.#timeoutMs / 1000} s: the server is slow or unreachable`)
    })
  }

  #fail(code: 'NM_KUBE_CLOSED' | 'NM_KUBE_TIMEOUT', text: string): void {
    if (this.failure) return
    const name = describeCall(this.#call)
    this.failure = new KubeError(code, `${name}: ${text}`, { call: name })
    this.release()
    this.#cut(this.failure)
  }
}
