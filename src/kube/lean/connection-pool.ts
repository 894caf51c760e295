/** The connections to one API server: kept alive, reused and bounded. A burst waits here instead of at the server. */
import { sameMaterial, type TlsMaterial } from '../transport.ts'
import { Connection, type Errand } from './connection.ts'
import { openSocket, shareTls, type TlsShare } from './socket.ts'

export interface ConnectionPoolOptions {
  readonly server: URL
  readonly maxConnections: number
  /** How long a connection is kept without work, milliseconds. */
  readonly idleMs: number
}

export class ConnectionPool {
  readonly #options: ConnectionPoolOptions
  #share: TlsShare | undefined
  /** Every connection there is, with the TLS material that it was opened with. */
  readonly #connections = new Map<Connection, TlsShare | undefined>()
  #idle: Connection[] = []
  readonly #waiting: Errand[] = []
  #closed = false

  constructor(options: ConnectionPoolOptions) {
    this.#options = options
  }

  /** Sends `errand` over a kept connection or a new one, now or when there is room for one. */
  send(errand: Errand, tls: TlsMaterial): void {
    try {
      this.#adopt(tls)
      this.#waiting.push(errand)
    } catch (cause) {
      errand.failed(cause) // what OpenSSL says about a certificate or key that is none
    }
    this.#next()
  }

  /** Makes `errand` fail, with the connection that carries it if one does. After its end that does nothing. */
  cut(errand: Errand): void {
    const at = this.#waiting.indexOf(errand)
    if (at >= 0) {
      this.#waiting.splice(at, 1)
      errand.failed(new Error('cut while it waited for a connection'))
    }
    for (const connection of [...this.#connections.keys()]) if (connection.carries(errand)) connection.destroy()
  }

  /** Closes what is idle now and everything else as soon as its errand ends. */
  close(): void {
    this.#closed = true
    this.#retire()
  }

  /** The next connections are of this material; those of another one end with their errands. */
  #adopt(tls: TlsMaterial): void {
    if (this.#options.server.protocol !== 'https:') return
    if (this.#share && sameMaterial(this.#share.material, tls)) return
    this.#share = shareTls(tls)
    this.#retire()
  }

  #retire(): void {
    for (const connection of this.#idle.splice(0)) connection.destroy()
  }

  #next(): void {
    while (this.#idle.length > 0 || this.#connections.size < this.#options.maxConnections) {
      const errand = this.#waiting.shift()
      if (!errand) return
      try {
        const connection = this.#idle.pop() ?? this.#connect()
        connection.carry(errand)
      } catch (cause) {
        errand.failed(cause)
      }
    }
  }

  #connect(): Connection {
    const { server, idleMs } = this.#options
    const share = this.#share
    const connection = new Connection(
      (ready) => openSocket(server, share, idleMs, ready),
      (freed, kept) => this.#freed(freed, kept),
    )
    this.#connections.set(connection, share)
    return connection
  }

  #freed(connection: Connection, kept: boolean): void {
    const outdated = this.#closed || this.#connections.get(connection) !== this.#share
    if (!kept) {
      this.#connections.delete(connection)
      this.#idle = this.#idle.filter((one) => one !== connection)
    } else if (!outdated) this.#idle.push(connection)
    if (kept && outdated)
      connection.destroy() // which comes back here, as gone
    else this.#next()
  }
}
