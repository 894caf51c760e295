/**
 * How the bytes of a call travel, as `connection.ts` needs it. Two do it: `http-transport.ts` on Node's own HTTP client,
 * which streams, and `lean/` on bare sockets, for a process where that client's megabyte counts.
 */
import type { Call } from './api.ts'

/** One exchange: the call, and what its caller adds at this moment. */
export interface Sent {
  readonly call: Call
  readonly headers: Readonly<Record<string, string>>
  readonly tls: TlsMaterial
  /** Until the answer has come whole; of a stream, until it has begun. */
  readonly timeoutMs: number
}

/** An answer of any status. */
export interface Answer {
  readonly status: number
  /** The header of that name. */
  readonly retryAfter?: string
  /** The whole body; empty for a stream. */
  readonly body: string
  /** The lines of a stream that was accepted. Not reading them to their end, or leaving them, cuts the stream. */
  readonly lines?: AsyncIterable<string>
}

/**
 * The way to one server. Its promises reject with KubeError (deadline, signal, an answer that is no HTTP),
 * {@link BrokenExchange}, or what Node said.
 */
export interface Transport {
  request(sent: Sent): Promise<Answer>
  /** Like `request`, but a 2xx answer has `lines`. They break after `silenceMs` in which nothing came. */
  stream(sent: Sent, silenceMs: number): Promise<Answer>
  /** Closes what is idle now and everything else as soon as its exchange ends. */
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

/** Where TCP starts to ask whether the other side still lives, milliseconds of silence. */
export const keepAliveProbeMs = 30_000
/** Below the 90 s after which an API server closes an idle connection, so that we rarely write into a closing one. */
export const idleCloseMs = 60_000
