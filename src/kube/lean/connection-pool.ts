/** The connections to one API server: kept alive, reused and bounded, so that a burst does not load the server. */
import { sameMaterial, type TlsMaterial } from '../transport.ts'
import { Connection, type PendingCall } from './connection.ts'
import { openSocket, shareTls, type TlsShare } from './socket.ts'

export interface ConnectionPoolOptions {
  readonly server: URL
  readonly maxConnections: number
  /** Milliseconds for which an idle connection stays open. */
  readonly idleMs: number
}

export class ConnectionPool {
  readonly #options: ConnectionPoolOptions
  #share: TlsShare | undefined
  /** Every open connection, with the TLS material that it was opened with. */
  readonly #connections = new Map<Connection, TlsShare | undefined>()
  #idle: Connection[] = []
  readonly #waiting: PendingCall[] = []
  #closed = false

  constructor(options: ConnectionPoolOptions) {
    this.#options = options
  }

  /** Sends `pending` over a kept or a new connection, now or when one becomes free. */
  send(pending: PendingCall, tls: TlsMaterial): void {
    try {
      this.#adopt(tls)
      this.#waiting.push(pending)
    } catch (cause) {
      pending.failed(cause) // OpenSSL's error for an invalid certificate or key
    }
    this.#next()
  }

  /** Makes `pending` fail, and ends the connection that carries it. Does nothing after its end. */
  cut(pending: PendingCall): void {
    const at = this.#waiting.indexOf(pending)
    if (at >= 0) {
      this.#waiting.splice(at, 1)
      pending.failed(new Error('cut while it waited for a connection'))
    }
    for (const connection of [...this.#connections.keys()]) if (connection.carries(pending)) connection.destroy()
  }

  /** Closes idle connections now, and each other one when its call ends. */
  close(): void {
    this.#closed = true
    this.#retire()
  }

  /** Opens new connections with this material; those of another material end with their calls. */
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
      const pending = this.#waiting.shift()
      if (!pending) return
      try {
        const connection = this.#idle.pop() ?? this.#connect()
        connection.carry(pending)
      } catch (cause) {
        pending.failed(cause)
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
      connection.destroy() // calls back with `kept` false
    else this.#next()
  }
}
