/** Makes an {@link Api} out of an address, credentials and a {@link Transport}. */
import type { Clock, Random } from '../telemetry/clock.ts'
import { errorFromAnswer, errorFromFailure } from './answer.ts'
import type { Api, Call } from './api.ts'
import { describeCall, isIdempotent } from './call.ts'
import { KubeError } from './errors.ts'
import { type Answer, BrokenExchange, type Sent, type TlsMaterial, type Transport } from './transport.ts'

export interface ClientCertificate {
  readonly cert: string | Buffer
  readonly key: string | Buffer
}

/** Address and credentials. The client calls the functions before each call, so that rotated credentials take effect at once. */
export interface ConnectionConfig {
  /** `https://host:port`, with a path where a proxy needs one. */
  readonly server: string
  /** PEM bundle that signs the server's certificate; Node's own roots when absent. */
  readonly ca?: string | Buffer | (() => string | Buffer | undefined)
  readonly insecureSkipTlsVerify?: boolean
  /** Name in the server's certificate when it differs from the address. */
  readonly serverName?: string
  readonly token?: string | (() => Promise<string | undefined> | string | undefined)
  readonly clientCert?: ClientCertificate | (() => Promise<ClientCertificate | undefined>)
  /** Sent with every call, e.g. impersonation. */
  readonly headers?: Readonly<Record<string, string>>
  /** Drops cached credentials after a 401. The client then sends the call once more. */
  readonly refresh?: () => Promise<void> | void
}

export interface ConnectOptions {
  readonly clock: Clock
  readonly random: Random
  /** Names this program in the server's audit log. */
  readonly userAgent?: string
  /** Sockets for calls; further calls wait for one. Streams have their own. Default 8. */
  readonly maxConnections?: number
}

const defaultTimeoutMs = 30_000
const defaultSilenceMs = 90_000
const defaultMaxConnections = 8

/** Opens a transport to a server, with at most `maxConnections` calls at a time. */
export type OpenTransport = (server: URL, maxConnections: number, clock: Clock) => Transport

/** Opens no socket. Throws KubeError `NM_KUBE_CONFIG` for an invalid address. */
export function connectOver(open: OpenTransport, config: ConnectionConfig, options: ConnectOptions): Api {
  return new Connection(open, config, options)
}

class Connection implements Api {
  readonly server: string
  readonly #config: ConnectionConfig
  readonly #options: ConnectOptions
  readonly #maxConnections: number
  readonly #transport: Transport
  #closed = false

  constructor(open: OpenTransport, config: ConnectionConfig, options: ConnectOptions) {
    const url = parseServer(config.server)
    this.server = `${url.protocol}//${url.host}${url.pathname.replace(/\/$/, '')}`
    this.#config = config
    this.#options = options
    this.#maxConnections = options.maxConnections ?? defaultMaxConnections
    this.#transport = open(url, this.#maxConnections, options.clock)
  }

  async request<T>(call: Call): Promise<T> {
    const timeoutMs = call.timeoutMs ?? defaultTimeoutMs
    const { body } = await this.#exchange(call, timeoutMs, (sent) => this.#transport.request(sent))
    return parseBody<T>(call, body)
  }

  async *stream<T>(call: Call): AsyncGenerator<T> {
    const silenceMs = call.timeoutMs ?? defaultSilenceMs
    const timeoutMs = Math.min(silenceMs, defaultTimeoutMs)
    const { lines } = await this.#exchange(call, timeoutMs, (sent) => this.#transport.stream(sent, silenceMs))
    try {
      for await (const line of lines ?? []) yield parseLine<T>(call, line)
    } catch (cause) {
      throw errorFromFailure(call, this.server, cause)
    }
  }

  close(): void {
    this.#closed = true
    this.#transport.close()
  }

  /** Sends the call and returns its 2xx answer; throws KubeError for everything else. */
  async #exchange(call: Call, timeoutMs: number, send: (sent: Sent) => Promise<Answer>): Promise<Answer> {
    let renewed = false
    for (let stale = 0; ; ) {
      try {
        const answer = await send(await this.#sent(call, timeoutMs))
        const { status } = answer
        if (status >= 200 && status < 300) return answer
        const error = errorFromAnswer(call, status, answer.body, answer.retryAfter)
        if (status !== 401 || renewed || !this.#config.refresh) throw error
        renewed = true
        await this.#config.refresh()
      } catch (cause) {
        // The server may close a kept connection while a request is on its way; an idempotent call goes out again.
        const wasStale = cause instanceof BrokenExchange && cause.reused && isIdempotent(call)
        if (wasStale && stale++ < this.#maxConnections) continue
        throw errorFromFailure(call, this.server, cause instanceof BrokenExchange ? cause.cause : cause)
      }
    }
  }

  async #sent(call: Call, timeoutMs: number): Promise<Sent> {
    if (this.#closed) throw closedError(call)
    // In parallel, so that an exec plugin that gives both runs once.
    const [token, tls] = await Promise.all([this.#token(), this.#tls()])
    const headers: Record<string, string> = {
      accept: call.accept ?? 'application/json',
      'user-agent': this.#options.userAgent ?? 'nodemend',
      ...this.#config.headers,
    }
    if (token) headers.authorization = `Bearer ${token}`
    return { call, headers, tls, timeoutMs }
  }

  async #token(): Promise<string | undefined> {
    const { token } = this.#config
    return typeof token === 'function' ? token() : token
  }

  async #tls(): Promise<TlsMaterial> {
    const { ca, clientCert, serverName, insecureSkipTlsVerify } = this.#config
    const bundle = typeof ca === 'function' ? ca() : ca
    const own = typeof clientCert === 'function' ? await clientCert() : clientCert
    return {
      ...(bundle === undefined ? {} : { ca: bundle }),
      ...(own === undefined ? {} : { cert: own.cert, key: own.key }),
      ...(serverName === undefined ? {} : { serverName }),
      ...(insecureSkipTlsVerify === undefined ? {} : { insecureSkipTlsVerify }),
    }
  }
}

function parseServer(server: string): URL {
  const url = URL.canParse(server) ? new URL(server) : undefined
  if (url && (url.protocol === 'http:' || url.protocol === 'https:')) return url
  throw new KubeError('NM_KUBE_CONFIG', `"${server}" is not an API server's address; write https://HOST:PORT`, {
    call: 'connect',
  })
}

function closedError(call: Call): KubeError {
  const name = describeCall(call)
  return new KubeError('NM_KUBE_CLOSED', `${name}: the connection was closed by this program`, { call: name })
}

function parseBody<T>(call: Call, body: string): T {
  return (body === '' ? undefined : parseLine(call, body)) as T // an empty answer comes only to deletes, whose callers expect void
}

function parseLine<T>(call: Call, text: string): T {
  try {
    return JSON.parse(text) as T // the caller names the type of its resource, and the server validates objects
  } catch (cause) {
    const name = describeCall(call)
    const quote = text.length > 80 ? `${text.slice(0, 80)}…` : text
    throw new KubeError('NM_KUBE_ANSWER', `${name}: the answer is not JSON: ${quote}`, { call: name, cause })
  }
}
