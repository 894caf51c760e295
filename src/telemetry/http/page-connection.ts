/** One client of the page server: reads its requests one after the other and answers each before it looks at the next. */
import type { Socket } from 'node:net'
import type { Cancel, Clock } from '../clock.ts'
import { type RequestHead, readHead } from './request-head.ts'

/** For a whole request head, from its first byte or from the connection's start: a slow client holds nothing for long. */
const headMs = 5_000
/** Between an answer and the first byte of the next request. */
const keepAliveMs = 5_000
/** For the client to take an answer. */
const answerMs = 30_000
/** For the client to close after our last byte: closing at once, over bytes that we have not read, would cut our answer. */
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
  /** Latin-1 text that has come and was not looked at. */
  #held = ''
  #answering = false
  /** Our side is over: what still comes is thrown away. */
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

  /** The client gets no second answer before it took this one, so that what it asks for does not pile up here. */
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
