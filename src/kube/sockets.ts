/**
 * The connections to one API server: kept alive, reused and bounded. Calls share at most `maxConnections` sockets, so a
 * burst waits here instead of at the server; streams have sockets of their own, so a watch never starves a call.
 */
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'

/** TLS as the connection needs it at this moment. A change of any part (rotated CA, new client certificate) opens new sockets. */
export interface TlsMaterial {
  readonly ca?: string | Buffer
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  readonly serverName?: string
  readonly insecureSkipTlsVerify?: boolean
}

/** Where TCP starts to ask whether the other side still lives, milliseconds of silence. */
const keepAliveProbeMs = 30_000
/** Below the 90 s after which an API server closes an idle connection, so that we rarely write into a closing one. */
const idleCloseMs = 60_000

export class Sockets {
  readonly #secure: boolean
  readonly #maxConnections: number
  #tls: TlsMaterial = {}
  #calls: HttpAgent
  #streams: HttpAgent
  #closed = false

  constructor(secure: boolean, maxConnections: number) {
    this.#secure = secure
    this.#maxConnections = maxConnections
    this.#calls = this.#agent(maxConnections)
    this.#streams = this.#agent(Number.POSITIVE_INFINITY)
  }

  /** The agent that a call or a stream goes through, rebuilt when the TLS material differs from the last call's. */
  agent(kind: 'call' | 'stream', tls: TlsMaterial): HttpAgent {
    if (!sameMaterial(tls, this.#tls)) {
      this.#retire()
      this.#tls = tls
      this.#calls = this.#agent(this.#maxConnections)
      this.#streams = this.#agent(Number.POSITIVE_INFINITY)
      if (this.#closed) this.#retire()
    }
    return kind === 'call' ? this.#calls : this.#streams
  }

  /** Closes what is idle now and everything else as soon as its exchange ends. */
  close(): void {
    this.#closed = true
    this.#retire()
  }

  #retire(): void {
    for (const agent of [this.#calls, this.#streams]) {
      agent.maxFreeSockets = 0 // a socket that becomes free is closed instead of kept
      for (const idle of Object.values(agent.freeSockets)) for (const socket of idle ?? []) socket.destroy()
    }
  }

  #agent(maxSockets: number): HttpAgent {
    const shared = { keepAlive: true, keepAliveMsecs: keepAliveProbeMs, timeout: idleCloseMs, maxSockets }
    if (!this.#secure) return new HttpAgent(shared)
    const { ca, cert, key, serverName, insecureSkipTlsVerify } = this.#tls
    return new HttpsAgent({
      ...shared,
      rejectUnauthorized: !insecureSkipTlsVerify,
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(serverName === undefined ? {} : { servername: serverName }),
    })
  }
}

function sameMaterial(a: TlsMaterial, b: TlsMaterial): boolean {
  return (
    a.ca === b.ca &&
    a.cert === b.cert &&
    a.key === b.key &&
    a.serverName === b.serverName &&
    a.insecureSkipTlsVerify === b.insecureSkipTlsVerify
  )
}
