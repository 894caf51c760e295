/** One connection, which carries one exchange at a time and is kept for the next. */
import type { Socket } from 'node:net'
import { BrokenExchange } from '../transport.ts'
import { AnswerParser, MalformedAnswer } from './answer-parser.ts'

/** An exchange on its way. One of the two is called, once. */
export interface Errand {
  readonly bytes: Buffer
  /** The parser holds the whole answer. */
  readonly done: (parser: AnswerParser) => void
  /** With {@link BrokenExchange}, {@link MalformedAnswer}, or what Node said. */
  readonly failed: (cause: unknown) => void
}

/** Opens a socket and calls back when bytes may be written. */
type OpenSocket = (ready: () => void) => Socket

export class Connection {
  readonly #socket: Socket
  /** Told when the connection is free for the next errand, or gone (`kept` is false). */
  readonly #freed: (connection: Connection, kept: boolean) => void
  #errand: Errand | undefined
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
      if (!this.#errand) this.destroy()
    })
  }

  /** Sends `errand`; only while none is on its way. */
  carry(errand: Errand): void {
    this.#errand = errand
    this.#parser = new AnswerParser()
    this.#socket.ref()
    if (this.#ready) this.#write()
  }

  carries(errand: Errand): boolean {
    return this.#errand === errand
  }

  /** Ends it at once; an errand on its way has failed. */
  destroy(): void {
    this.#break(hungUp())
  }

  #write(): void {
    if (this.#errand) this.#socket.write(this.#errand.bytes)
  }

  #take(bytes: Buffer): void {
    try {
      if (!this.#errand) throw new MalformedAnswer('nobody asked')
      const used = this.#parser.take(bytes)
      // Bytes behind the answer belong to nothing that was asked for.
      if (this.#parser.done) this.#finish(this.#parser.reusable && used === bytes.length)
    } catch (cause) {
      this.#break(cause)
    }
  }

  #end(): void {
    if (this.#errand && this.#parser.end()) this.#finish(false)
    else this.destroy()
  }

  #finish(reusable: boolean): void {
    const errand = this.#errand
    this.#errand = undefined
    this.#served++
    if (reusable)
      this.#socket.unref() // waiting for work keeps no process alive
    else this.#destroySocket()
    errand?.done(this.#parser)
    this.#freed(this, reusable)
  }

  #break(cause: unknown): void {
    if (this.#gone) return
    this.#destroySocket()
    const errand = this.#errand
    this.#errand = undefined
    const stale = this.#served > 0 && !this.#parser.begun
    errand?.failed(cause instanceof MalformedAnswer ? cause : new BrokenExchange(cause, stale))
    this.#freed(this, false)
  }

  #destroySocket(): void {
    this.#gone = true
    this.#socket.destroy()
  }
}

/** As Node's own client names it. */
function hungUp(): Error {
  return Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
}
