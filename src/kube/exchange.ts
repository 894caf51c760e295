/** One HTTP exchange with its deadline and its caller's signal; the layer between {@link import('./api.ts').Api} and Node. */
import { type Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Cancel, Clock } from '../telemetry/clock.ts'
import type { Call } from './api.ts'
import { describeCall, methodOf, pathOf } from './call.ts'
import { KubeError } from './errors.ts'

export interface Target {
  readonly server: URL
  readonly agent: Agent
  readonly headers: Readonly<Record<string, string>>
  readonly clock: Clock
}

/** An answer whose headers have come; its body is read by the caller, who must call `end` when done with it. */
export interface Exchange {
  readonly response: IncomingMessage
  /** True when the request went over a socket that had served an earlier one. */
  readonly reused: boolean
  /** Moves the deadline: a line of a stream came. With `timeoutMs`, that is the deadline from now on. */
  renew(timeoutMs?: number): void
  /** Stops the deadline until the next `renew`: the reader is busy, and its own time is not the server's silence. */
  hold(): void
  /** Why the exchange was cut by us (deadline, signal), if it was: it explains the socket error that the reader sees. */
  failure(): KubeError | undefined
  /** Releases timer and listener; destroys the connection unless the body was read to its end. */
  end(): void
}

/** An exchange that broke before an answer came. `reused`: on a kept connection that the server may have closed meanwhile. */
export class BrokenExchange extends Error {
  readonly reused: boolean
  constructor(cause: unknown, reused: boolean) {
    super('broken exchange', { cause })
    this.reused = reused
  }
}

/** Sends the call and waits for the headers. Rejects with KubeError (deadline, signal) or {@link BrokenExchange}. */
export function openExchange(target: Target, call: Call, timeoutMs: number): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const body = call.body === undefined ? undefined : Buffer.from(JSON.stringify(call.body))
    const send = target.server.protocol === 'https:' ? httpsRequest : httpRequest
    const request = send({
      agent: target.agent,
      hostname: target.server.hostname.replace(/^\[|\]$/g, ''),
      port: target.server.port,
      method: methodOf(call),
      path: `${target.server.pathname.replace(/\/$/, '')}${pathOf(call)}`,
      headers: {
        ...target.headers,
        ...(body === undefined
          ? {}
          : { 'content-type': call.contentType ?? 'application/json', 'content-length': body.length }),
      },
    })
    const guard = new Guard(target.clock, call, timeoutMs, (error) => request.destroy(error))
    request.on('error', (cause) => {
      guard.release()
      reject(guard.failure ?? new BrokenExchange(cause, request.reusedSocket))
    })
    request.on('response', (response) => {
      resolve({
        response,
        reused: request.reusedSocket,
        renew: (ms) => guard.renew(ms),
        hold: () => guard.hold(),
        failure: () => guard.failure,
        end: () => {
          guard.release()
          if (!response.readableEnded) request.destroy()
        },
      })
    })
    request.end(body)
  })
}

/** Cuts an exchange at its deadline or when its caller gives up, and remembers which of the two it was. */
class Guard {
  failure: KubeError | undefined
  readonly #clock: Clock
  readonly #call: Call
  #timeoutMs: number
  readonly #cut: (error: KubeError) => void
  /** Infinity while the reader is busy. A line moves only this number; the timer looks at it when it fires. */
  #deadline: number
  #cancel: Cancel
  readonly #onAbort = (): void => this.#fail('NM_KUBE_CLOSED', 'given up by its caller')

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
      else
        this.#fail('NM_KUBE_TIMEOUT', `nothing came for ${this.#timeoutMs / 1000} s: the server is slow or unreachable`)
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
