/** One connection, which carries one call at a time and stays open for the next. */
import type { Socket } from 'node:net'
import { BrokenExchange } from '../transport.ts'
import { AnswerParser, MalformedAnswer } from './answer-parser.ts'

/** A call that waits for its answer. The connection calls `done` or `failed`, once. */
export interface PendingCall {
  readonly bytes: Buffer
  /** The parser holds the whole answer. */
  readonly done: (parser: AnswerParser) => void
  /** Receives {@link BrokenExchange}, {@link MalformedAnswer}, or Node's error. */
  readonly failed: (cause: unknown) => void
}

/** Opens a socket; calls `ready` when bytes may be written. */
type OpenSocket = (ready: () => void) => Socket

export class Connection {
  readonly #socket: Socket
  /** Called when the connection is free for the next call, or gone (`kept` is false). */
  readonly #freed: (connection: Connection, kept: boolean) => void
  #pending: PendingCall | undefined
  #parser = new AnswerParser()
  #ready = false
  #served = 0
  #gone = false

  constructor(open: OpenSocket, freed: (connection: Connection, kept: boolean) => void) {
    this.#freed = freed
    this.#socket = open(() => {
      this.#ready = true
      this.#write()
    })
    this.#socket.on('data', (bytes: Buffer) => this.#take(bytes))
    this.#socket.on('end', () => this.#end())
    this.#socket.on('error', (cause) => this.#break(cause))
    this.#socket.on('close', () => this.#break(hungUp()))
    this.#socket.on('timeout', () => {
      if (!this.#pending) this.destroy()
    })
  }

  /** Sends `pending`; only while no other call waits. */
  carry(pending: PendingCall): void {
    this.#pending = pending
    this.#parser = new AnswerParser()
    this.#socket.ref()
    if (this.#ready) this.#write()
  }

  carries(pending: PendingCall): boolean {
    return this.#pending === pending
  }

  /** Ends the connection at once; a call that waits fails. */
  destroy(): void {
    this.#break(hungUp())
  }

  #write(): void {
    if (this.#pending) this.#socket.write(this.#pending.bytes)
  }

  #take(bytes: Buffer): void {
    try {
      if (!this.#pending) throw new MalformedAnswer('it answers no request')
      const used = this.#parser.take(bytes)
      // Bytes behind the answer belong to no call.
      if (this.#parser.done) this.#finish(this.#parser.reusable && used === bytes.length)
    } catch (cause) {
      this.#break(cause)
    }
  }

  #end(): void {
    if (this.#pending && this.#parser.end()) this.#finish(false)
    else this.destroy()
  }

  #finish(reusable: boolean): void {
    const pending = this.#pending
    this.#pending = undefined
    this.#served++
    if (reusable)
      this.#socket.unref() // an idle connection keeps no process alive
    else this.#destroySocket()
    pending?.done(this.#parser)
    this.#freed(this, reusable)
  }

  #break(cause: unknown): void {
    if (this.#gone) return
    this.#destroySocket()
    const pending = this.#pending
    this.#pending = undefined
    const stale = this.#served > 0 && !this.#parser.begun
    pending?.failed(cause instanceof MalformedAnswer ? cause : new BrokenExchange(cause, stale))
    this.#freed(this, false)
  }

  #destroySocket(): void {
    this.#gone = true
    this.#socket.destroy()
  }
}

/** The error of Node's HTTP client for a connection that the server closed. */
function hungUp(): Error {
  return Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
}
