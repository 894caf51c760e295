/**
 * The transport that `connection.ts` sends calls over. `http/transport.ts` uses Node's HTTP client and streams;
 * `lean/transport.ts` uses bare sockets and saves the agent a megabyte (docs/adr/0007-lean-http.md).
 */
import type { Call } from './api.ts'

/** One exchange: the call with its headers, TLS material and deadline. */
export interface Sent {
  readonly call: Call
  readonly headers: Readonly<Record<string, string>>
  readonly tls: TlsMaterial
  /** Deadline in milliseconds for the whole answer; for a stream, for its beginning. */
  readonly timeoutMs: number
}

/** An answer of any status. */
export interface Answer {
  readonly status: number
  /** The header of that name. */
  readonly retryAfter?: string
  /** The whole body; empty for a stream. */
  readonly body: string
  /** The lines of a stream that was accepted. The transport cuts the stream when the reader stops early. */
  readonly lines?: AsyncIterable<string>
}

/**
 * Exchanges with one server. Its promises reject with KubeError (deadline, signal, an answer that is no HTTP),
 * {@link BrokenExchange}, or Node's error.
 */
export interface Transport {
  request(sent: Sent): Promise<Answer>
  /** Like `request`, but a 2xx answer has `lines`. They break after `silenceMs` without a byte. */
  stream(sent: Sent, silenceMs: number): Promise<Answer>
  /** Closes idle connections now, and each other one when its exchange ends. */
  close(): void
}

/** An exchange that broke before an answer came. `reused`: on a kept connection that the server may have closed meanwhile. */
export class BrokenExchange extends Error {
  readonly reused: boolean
  constructor(cause: unknown, reused: boolean) {
    super('broken exchange', { cause })
    this.reused = reused
  }
}

/** TLS as the connection needs it at this moment. A change of any part (rotated CA, new client certificate) opens new sockets. */
export interface TlsMaterial {
  readonly ca?: string | Buffer
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  readonly serverName?: string
  readonly insecureSkipTlsVerify?: boolean
}

export function sameMaterial(a: TlsMaterial, b: TlsMaterial): boolean {
  return (
    a.ca === b.ca &&
    a.cert === b.cert &&
    a.key === b.key &&
    a.serverName === b.serverName &&
    a.insecureSkipTlsVerify === b.insecureSkipTlsVerify
  )
}

/** Silence in milliseconds after which TCP keep-alive probes begin. */
export const keepAliveProbeMs = 30_000
/** Below the 90 s after which an API server closes an idle connection, so that a call rarely meets a closing one. */
export const idleCloseMs = 60_000
