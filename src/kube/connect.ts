/** Makes an {@link Api} out of an address and credentials, over `node:http` and `node:https` only. */
import type { Clock, Random } from '../telemetry/clock.ts'
import { errorFromAnswer, errorFromFailure } from './answer.ts'
import type { Api, Call } from './api.ts'
import { describeCall, isIdempotent } from './call.ts'
import { KubeError } from './errors.ts'
import { BrokenExchange, type Exchange, openExchange } from './exchange.ts'
import { readLines } from './lines.ts'
import { Sockets, type TlsMaterial } from './sockets.ts'

export interface ClientCertificate {
  readonly cert: string | Buffer
  readonly key: string | Buffer
}

/** Where the API server is and who we are. Functions are asked before each call, so rotated credentials take effect at once. */
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
  /** Called after a 401: forget what was cached and get new credentials. The call is then sent once more. */
  readonly refresh?: () => Promise<void> | void
}

export interface ConnectOptions {
  readonly clock: Clock
  readonly random: Random
  /** Names us in the server's audit log. */
  readonly userAgent?: string
  /** Sockets for calls; further calls wait for one. Streams have their own. Default 8. */
  readonly maxConnections?: number
}

const defaultTimeoutMs = 30_000
const defaultSilenceMs = 90_000
const defaultMaxConnections = 8
/** An object is at most a few MB (etcd's limit is 1.5 MB of protobuf); a longer line is not a watch. */
const maxLineBytes = 32 * 1024 * 1024

/**
 * Opens nothing yet: sockets are made by the first calls and then reused. Throws KubeError `NM_KUBE_CONFIG` when the
 * address is not one.
 */
export function connectTo(config: ConnectionConfig, options: ConnectOptions): Api {
  return new Connection(config, options)
}

class Connection implements Api {
  readonly server: string
  readonly #url: URL
  readonly #config: ConnectionConfig
  readonly #options: ConnectOptions
  readonly #sockets: Sockets
  #closed = false

  constructor(config: ConnectionConfig, options: ConnectOptions) {
    this.#url = parseServer(config.server)
    this.server = `${this.#url.protocol}//${this.#url.host}${this.#url.pathname.replace(/\/$/, '')}`
    this.#config = config
    this.#options = options
    this.#sockets = new Sockets(this.#url.protocol === 'https:', options.maxConnections ?? defaultMaxConnections)
  }

  async request<T>(call: Call): Promise<T> {
    const exchange = await this.#open(call, 'call', call.timeoutMs ?? defaultTimeoutMs)
    try {
      return parseBody<T>(call, await this.#readAll(call, exchange))
    } finally {
      exchange.end()
    }
  }

  async *stream<T>(call: Call): AsyncGenerator<T> {
    const silenceMs = call.timeoutMs ?? defaultSilenceMs
    const exchange = await this.#open(call, 'stream', Math.min(silenceMs, defaultTimeoutMs))
    try {
      exchange.renew(silenceMs)
      call.onOpen?.()
      for await (const line of readLines(exchange.response, maxLineBytes)) {
        exchange.hold()
        yield parseLine<T>(call, line)
        exchange.renew()
      }
    } catch (cause) {
      throw exchange.failure() ?? errorFromFailure(call, this.server, cause)
    } finally {
      exchange.end()
    }
  }

  close(): void {
    this.#closed = true
    this.#sockets.close()
  }

  /** Sends the call until an answer that is 2xx has begun; anything else is thrown as KubeError. */
  async #open(call: Call, kind: 'call' | 'stream', timeoutMs: number): Promise<Exchange> {
    let renewed = false
    for (let stale = 0; ; ) {
      try {
        const exchange = await this.#send(call, kind, timeoutMs)
        const status = exchange.response.statusCode ?? 0
        if (status >= 200 && status < 300) return exchange
        const error = await this.#refusal(call, exchange, status)
        if (status !== 401 || renewed || !this.#config.refresh) throw error
        renewed = true
        await this.#config.refresh()
      } catch (cause) {
        // A kept connection may have been closed by the server while our request was under way. That says nothing
        // about the server, so what may be repeated is, over the next connection.
        const wasStale = cause instanceof BrokenExchange && cause.reused && isIdempotent(call)
        if (wasStale && stale++ < (this.#options.maxConnections ?? defaultMaxConnections)) continue
        throw errorFromFailure(call, this.server, cause instanceof BrokenExchange ? cause.cause : cause)
      }
    }
  }

  async #send(call: Call, kind: 'call' | 'stream', timeoutMs: number): Promise<Exchange> {
    if (this.#closed) throw closedError(call)
    // Together, so that an exec plugin that gives both runs once.
    const [token, tls] = await Promise.all([this.#token(), this.#tls()])
    const agent = this.#sockets.agent(kind, tls)
    const headers: Record<string, string> = {
      accept: call.accept ?? 'application/json',
      'user-agent': this.#options.userAgent ?? 'nodemend',
      ...this.#config.headers,
    }
    if (token) headers.authorization = `Bearer ${token}`
    return openExchange({ server: this.#url, agent, headers, clock: this.#options.clock }, call, timeoutMs)
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

  async #refusal(call: Call, exchange: Exchange, status: number): Promise<KubeError> {
    try {
      const body = await this.#readAll(call, exchange)
      return errorFromAnswer(call, status, body, exchange.response.headers['retry-after'])
    } finally {
      exchange.end()
    }
  }

  async #readAll(call: Call, exchange: Exchange): Promise<string> {
    try {
      const chunks: Buffer[] = []
      for await (const chunk of exchange.response) chunks.push(chunk as Buffer) // no encoding is set: always Buffers
      return Buffer.concat(chunks).toString('utf8')
    } catch (cause) {
      throw exchange.failure() ?? errorFromFailure(call, this.server, cause)
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
  return (body === '' ? undefined : parseLine(call, body)) as T // some deletes answer nothing; their callers ask for void
}

function parseLine<T>(call: Call, text: string): T {
  try {
    return JSON.parse(text) as T // the caller names the type of what it asked for; the server validated it
  } catch (cause) {
    const name = describeCall(call)
    const quote = text.length > 80 ? `${text.slice(0, 80)}…` : text
    throw new KubeError('NM_KUBE_ANSWER', `${name}: the answer is not JSON: ${quote}`, { call: name, cause })
  }
}
