/**
 * Parses HTTP/1.1 answers (RFC 9112) from bytes in pieces of any size. Strict, because the peer is an API server: the
 * parser refuses whatever is not plainly right, and every part of an answer has a limit.
 */

/** Limit of status line and headers, those of preceding 1xx answers included; also of the trailers. */
export const maxHeadBytes = 64 * 1024
/** An object is at most a few MB (etcd's limit is 1.5 MB), and the agent requests far smaller ones. */
export const maxBodyBytes = 8 * 1024 * 1024
/** First buffer of a body without a Content-Length. */
const firstBodyBytes = 4 * 1024

const lineFeed = 10
const statusLine = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: |$)/
const headerName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const controls = /[\0-\x08\x0a-\x1f\x7f]/
const chunkLine = /^([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?$/
const decimal = /^\d{1,15}$/

/** The bytes are not an HTTP answer; the message says why. The parser throws nothing else. */
export class MalformedAnswer extends Error {
  override readonly name = 'MalformedAnswer'
}

interface ParsedAnswer {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly body: string
}

/** The headers that the parser uses. */
interface Head {
  version: 0 | 1
  status: number
  length: number | undefined
  chunked: boolean
  close: boolean
  keep: boolean
  retryAfter: string | undefined
}

/** The part that the next byte belongs to. `rest` is a body that ends with its connection. */
type Place = 'status' | 'header' | 'length' | 'chunk' | 'chunk size' | 'chunk end' | 'trailer' | 'rest' | 'done'

export class AnswerParser {
  readonly #bodyless: boolean
  #place: Place = 'status'
  #line = ''
  #lineBytes = 0
  #head = emptyHead()
  #left = 0
  #body = Buffer.alloc(0)
  #bodyBytes = 0

  /** `bodyless`: the answer to a HEAD, which has a body's headers without the body. */
  constructor(bodyless = false) {
    this.#bodyless = bodyless
  }

  /** Takes the next bytes; returns how many of them belong to this answer. Throws {@link MalformedAnswer}. */
  take(bytes: Buffer): number {
    let at = 0
    while (at < bytes.length && this.#place !== 'done') {
      if (this.#place === 'length' || this.#place === 'chunk') at += this.#takeBody(bytes.subarray(at, at + this.#left))
      else if (this.#place === 'rest') at += this.#takeBody(bytes.subarray(at))
      else at += this.#takeLine(bytes, at)
    }
    return at
  }

  /** Ends the answer with its connection: true where that completes the answer, false where it cuts it. */
  end(): boolean {
    if (this.#place === 'rest') this.#place = 'done'
    return this.#place === 'done'
  }

  /** True once a first byte has come. */
  get begun(): boolean {
    return this.#place !== 'status' || this.#lineBytes > 0
  }

  get done(): boolean {
    return this.#place === 'done'
  }

  /** Whether the connection may carry another exchange after this one. */
  get reusable(): boolean {
    const { version, close, keep, length, chunked, status } = this.#head
    const bounded = length !== undefined || chunked || this.#bodyless || isBodyless(status)
    return this.done && bounded && !close && (version === 1 || keep)
  }

  /** The answer; only when `done`. */
  answer(): ParsedAnswer {
    const { status, retryAfter } = this.#head
    return { status, retryAfter, body: this.#body.toString('utf8', 0, this.#bodyBytes) }
  }

  #takeLine(bytes: Buffer, from: number): number {
    const found = bytes.indexOf(lineFeed, from)
    const to = found < 0 ? bytes.length : found + 1
    this.#lineBytes += to - from
    if (this.#lineBytes > maxHeadBytes) throw new MalformedAnswer(`its headers are longer than ${maxHeadBytes} bytes`)
    this.#line += bytes.toString('latin1', from, to)
    if (found < 0) return to - from
    const line = this.#line
    this.#line = ''
    if (!line.endsWith('\r\n')) throw new MalformedAnswer('a line of its headers does not end with CRLF')
    const text = line.slice(0, -2)
    if (controls.test(text)) throw new MalformedAnswer('its headers contain control characters')
    this.#takeText(text)
    return to - from
  }

  #takeText(text: string): void {
    if (this.#place === 'status') this.#takeStatus(text)
    else if (this.#place === 'chunk size') this.#takeChunkSize(text)
    else if (this.#place === 'chunk end') this.#takeChunkEnd(text)
    else if (this.#place === 'trailer') this.#place = text === '' ? 'done' : 'trailer'
    else if (text === '') this.#headEnds()
    else takeHeader(this.#head, text)
  }

  #takeStatus(text: string): void {
    const [, minor, status] = statusLine.exec(text) ?? []
    if (status === undefined)
      throw new MalformedAnswer(`it does not begin with an HTTP/1.1 status line: ${quoted(text)}`)
    this.#head.version = minor === '1' ? 1 : 0
    this.#head.status = Number(status)
    this.#place = 'header'
  }

  #headEnds(): void {
    const { status, chunked, length } = this.#head
    if (status === 101) throw new MalformedAnswer('it switches to another protocol')
    if (status < 200) {
      this.#head = emptyHead() // an interim answer; #lineBytes keeps counting, which limits their number
      this.#place = 'status'
    } else if (this.#bodyless || isBodyless(status)) this.#place = 'done'
    else if (chunked && length !== undefined) throw new MalformedAnswer('it has both a Content-Length and chunks')
    else if (chunked) this.#expectChunk()
    else if (length !== undefined) this.#expect('length', length)
    else this.#place = 'rest'
    if (this.#place === 'length' && length === 0) this.#place = 'done'
  }

  #expect(place: 'length' | 'chunk', bytes: number): void {
    if (this.#bodyBytes + bytes > maxBodyBytes) throw tooLong()
    this.#place = place
    this.#left = bytes
    // One buffer for a known length; the kernel backs only the pages that bytes arrive in.
    if (place === 'length') this.#body = Buffer.allocUnsafeSlow(bytes)
  }

  #expectChunk(): void {
    this.#place = 'chunk size'
    this.#lineBytes = 0
  }

  #takeChunkSize(text: string): void {
    const size = chunkLine.exec(text)?.[1]
    if (size === undefined) throw new MalformedAnswer(`a chunk has no size: ${quoted(text)}`)
    const bytes = Number.parseInt(size, 16)
    if (bytes === 0) this.#place = 'trailer'
    else this.#expect('chunk', bytes)
    this.#lineBytes = 0
  }

  #takeChunkEnd(text: string): void {
    if (text !== '') throw new MalformedAnswer('a chunk is longer than its size')
    this.#expectChunk()
  }

  #takeBody(bytes: Buffer): number {
    const total = this.#bodyBytes + bytes.length
    if (total > maxBodyBytes) throw tooLong()
    if (total > this.#body.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(firstBodyBytes, 2 * this.#body.length, total))
      this.#body.copy(larger, 0, 0, this.#bodyBytes)
      this.#body = larger
    }
    bytes.copy(this.#body, this.#bodyBytes)
    this.#bodyBytes = total
    if (this.#place === 'rest') return bytes.length
    this.#left -= bytes.length
    if (this.#left === 0) this.#place = this.#place === 'length' ? 'done' : 'chunk end'
    return bytes.length
  }
}

function emptyHead(): Head {
  return {
    version: 1,
    status: 0,
    length: undefined,
    chunked: false,
    close: false,
    keep: false,
    retryAfter: undefined,
  }
}

function takeHeader(head: Head, text: string): void {
  const colon = text.indexOf(':')
  const name = text.slice(0, Math.max(colon, 0))
  if (!headerName.test(name)) throw new MalformedAnswer(`a header has no name: ${quoted(text)}`)
  const value = text.slice(colon + 1).trim()
  switch (name.toLowerCase()) {
    case 'content-length':
      if (!decimal.test(value) || (head.length !== undefined && head.length !== Number(value))) {
        throw new MalformedAnswer(`its Content-Length is not a length: ${quoted(value)}`)
      }
      head.length = Number(value)
      return
    case 'transfer-encoding':
      if (value.toLowerCase() !== 'chunked' || head.chunked || head.version === 0) {
        throw new MalformedAnswer(`its transfer encoding is not supported: ${quoted(value)}`)
      }
      head.chunked = true
      return
    case 'connection':
      for (const option of value.toLowerCase().split(',')) {
        if (option.trim() === 'close') head.close = true
        if (option.trim() === 'keep-alive') head.keep = true
      }
      return
    case 'retry-after':
      head.retryAfter ??= value
      return
    default:
  }
}

function isBodyless(status: number): boolean {
  return status === 204 || status === 304
}

function tooLong(): MalformedAnswer {
  return new MalformedAnswer(`its body is longer than ${maxBodyBytes} bytes`)
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}
