/** One client of the page server: reads its requests one after the other and answers each before it looks at the next. */
import type { Socket } from 'node:net'
import type { Cancel, Clock } from '../clock.ts'
import { type RequestHead, readHead } from './request-head.ts'

/** Time limit for a whole request head, from its first byte or from the connection's start, milliseconds. */
const headMs = 5_000
/** Time limit between an answer and the first byte of the next request, milliseconds. */
const keepAliveMs = 5_000
/** Time limit for the client to take an answer, milliseconds. */
const answerMs = 30_000
/** Milliseconds that the client has to close after the last byte; a close over unread bytes would cut the answer. */
const lingerMs = 1_000

export interface Page {
  readonly status: keyof typeof reasons
  readonly body: string
  /** Content type; plain text when absent. */
  readonly type?: string
}

const reasons = {
  200: 'OK',
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
  503: 'Service Unavailable',
} as const

export type PageOf = (request: RequestHead) => Page

/** Serves `socket` (opened with `allowHalfOpen`) until either side ends it. A client that breaks is no error. */
export function servePages(socket: Socket, clock: Clock, pageOf: PageOf): void {
  new PageConnection(socket, clock, pageOf)
}

class PageConnection {
  readonly #socket: Socket
  readonly #clock: Clock
  readonly #pageOf: PageOf
  /** Received Latin-1 text that is not parsed yet. */
  #held = ''
  #answering = false
  /** The server's side has ended: it drops further bytes. */
  #last = false
  #clientEnded = false
  #cancel: Cancel = () => undefined

  constructor(socket: Socket, clock: Clock, pageOf: PageOf) {
    this.#socket = socket
    this.#clock = clock
    this.#pageOf = pageOf
    socket.on('data', (bytes: Buffer) => this.#take(bytes))
    socket.on('end', () => {
      this.#clientEnded = true
      this.#next()
    })
    socket.on('error', () => undefined) // 'close' follows
    socket.on('close', () => this.#cancel())
    this.#arm(headMs)
  }

  #take(bytes: Buffer): void {
    if (this.#last) return
    if (this.#held === '' && !this.#answering) this.#arm(headMs)
    this.#held += bytes.toString('latin1')
    this.#next()
  }

  #next(): void {
    if (this.#answering || this.#last) return
    const reading = readHead(this.#held)
    if (reading.kind === 'refused') this.#end(textOf({ status: reading.status, body: reading.text }, true, true))
    else if (reading.kind === 'more') {
      if (this.#clientEnded) this.#end('')
    } else {
      const { head, characters } = reading
      this.#held = this.#held.slice(characters)
      const isGet = head.method === 'GET' || head.method === 'HEAD'
      const page: Page = isGet ? this.#pageOf(head) : { status: 405, body: 'only GET and HEAD\n' }
      const close = head.close || !isGet
      const text = textOf(page, head.method !== 'HEAD', close)
      if (close) this.#end(text)
      else this.#answer(text)
    }
  }

  /** Sends an answer; the next one waits until the client took it, so that answers do not pile up. */
  #answer(text: string): void {
    this.#answering = true
    this.#socket.pause()
    this.#arm(answerMs)
    this.#socket.write(text, (error) => {
      if (error) return
      this.#answering = false
      this.#arm(keepAliveMs)
      this.#socket.resume()
      this.#next()
    })
  }

  #end(text: string): void {
    this.#last = true
    this.#held = ''
    this.#arm(answerMs)
    this.#socket.end(text, () => {
      if (!this.#socket.destroyed) this.#arm(lingerMs)
    })
  }

  #arm(ms: number): void {
    this.#cancel()
    this.#cancel = this.#clock.after(ms, () => this.#late())
  }

  #late(): void {
    if (this.#held === '' || this.#answering) this.#socket.destroy()
    else this.#end(textOf({ status: 408, body: 'the request did not come whole\n' }, true, true))
  }
}

function textOf({ status, body, type = 'text/plain; charset=utf-8' }: Page, withBody: boolean, close: boolean): string {
  const head = [
    `HTTP/1.1 ${status} ${reasons[status]}`,
    `Content-Type: ${type}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Connection: ${close ? 'close' : 'keep-alive'}`,
    ...(status === 405 ? ['Allow: GET, HEAD'] : []),
  ]
  return `${head.join('\r\n')}\r\n\r\n${withBody ? body : ''}`
}
