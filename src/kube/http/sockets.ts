/**
 * The sockets to one API server: kept alive, reused and bounded. Calls share at most `maxConnections` sockets, so that a
 * burst does not load the server; each stream has its own socket, so that a watch never blocks a call.
 */
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { idleCloseMs, keepAliveProbeMs, sameMaterial, type TlsMaterial } from '../transport.ts'

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

  /** Closes idle sockets now, and each other one when its exchange ends. */
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
