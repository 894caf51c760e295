/** One HTTP exchange with its deadline and its caller's signal, on Node's HTTP client. */
import { type Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Clock } from '../../telemetry/clock.ts'
import type { Call } from '../api.ts'
import { methodOf, pathOf } from '../call.ts'
import type { KubeError } from '../errors.ts'
import { BrokenExchange } from '../transport.ts'
import { Guard } from './guard.ts'

export interface Destination {
  readonly server: URL
  readonly agent: Agent
  readonly headers: Readonly<Record<string, string>>
  readonly clock: Clock
}

/** An answer whose headers have come. The caller reads the body and then calls `end`. */
export interface Exchange {
  readonly response: IncomingMessage
  /** Moves the deadline when a line of a stream came. `timeoutMs` replaces the time-out from now on. */
  renew(timeoutMs?: number): void
  /** Stops the deadline until the next `renew`, because a busy reader is not a silent server. */
  hold(): void
  /** The deadline or signal that cut the exchange, if one did: it explains the socket error that the reader gets. */
  failure(): KubeError | undefined
  /** Releases timer and listener; destroys the connection unless the body was read to its end. */
  end(): void
}

/** Sends the call and waits for the headers. Rejects with KubeError (deadline, signal) or {@link BrokenExchange}. */
export function openExchange(destination: Destination, call: Call, timeoutMs: number): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const body = call.body === undefined ? undefined : Buffer.from(JSON.stringify(call.body))
    const send = destination.server.protocol === 'https:' ? httpsRequest : httpRequest
    const request = send({
      agent: destination.agent,
      hostname: destination.server.hostname.replace(/^\[|\]$/g, ''),
      port: destination.server.port,
      method: methodOf(call),
      path: `${destination.server.pathname.replace(/\/$/, '')}${pathOf(call)}`,
      headers: {
        ...destination.headers,
        ...(body === undefined
          ? {}
          : { 'content-type': call.contentType ?? 'application/json', 'content-length': body.length }),
      },
    })
    const guard = new Guard(destination.clock, call, timeoutMs, (error) => request.destroy(error))
    request.on('error', (cause) => {
      guard.release()
      reject(guard.failure ?? new BrokenExchange(cause, request.reusedSocket))
    })
    request.on('response', (response) => {
      resolve({
        response,
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
