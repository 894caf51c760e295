/** An {@link Api} that repeats what may be repeated, for callers that would otherwise each write the same loop. */
import { type Clock, type Random, sleep } from '../telemetry/clock.ts'
import { codeOfCause } from './answer.ts'
import type { Api, Call } from './api.ts'
import { createBackoff } from './backoff.ts'
import { isIdempotent } from './call.ts'
import { isKubeError, type KubeError } from './errors.ts'

export interface RetryOptions {
  readonly clock: Clock
  readonly random: Random
  /** Tries in all. Default 5. */
  readonly tries?: number
  /** No try starts later than this after the first, milliseconds. Default 30,000. */
  readonly withinMs?: number
}

/**
 * Repeats calls with jittered back-off and honours Retry-After: refusals that certainly changed nothing (429, connection
 * refused) for every verb; broken exchanges, 500s and time-outs for idempotent calls only. The last error is thrown.
 * Streams pass through: a watch has its own way to recover.
 */
export function retrying(api: Api, { clock, random, tries = 5, withinMs = 30_000 }: RetryOptions): Api {
  return {
    server: api.server,
    stream: (call) => api.stream(call),
    close: () => api.close(),
    async request<T>(call: Call): Promise<T> {
      const backoff = createBackoff({ random })
      const end = clock.monotonic() + withinMs
      for (let attempt = 1; ; attempt++) {
        try {
          return await api.request<T>(call)
        } catch (error) {
          if (!isKubeError(error) || attempt >= tries || !mayRepeat(call, error)) throw error
          const wait = backoff.next(error.detail.retryAfterMs)
          if (clock.monotonic() + wait > end || call.signal?.aborted) throw error
          await sleep(clock, wait, call.signal).catch(() => {
            throw error // the caller gave up: what went wrong says more than that it stopped
          })
        }
      }
    },
  }
}

const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

/** Whether sending the call again can neither do harm nor be pointless. */
export function mayRepeat(call: Call, error: KubeError): boolean {
  switch (error.code) {
    case 'NM_KUBE_THROTTLED':
      return error.detail.causes === undefined || call.verb !== 'evict' // a budget's refusal is an answer, not a hiccup
    case 'NM_KUBE_NETWORK':
      return isIdempotent(call) || neverSent.has(codeOfCause(error.detail.cause))
    case 'NM_KUBE_UNAVAILABLE':
    case 'NM_KUBE_TIMEOUT':
      return isIdempotent(call)
    default:
      return false
  }
}
