/**
 * HTTP/1.1 answers (RFC 9112), from bytes as they come. Pure: how the bytes are cut makes no difference. Strict, because
 * what is spoken to is an API server: whatever is not plainly right is refused, and every part of an answer has a limit.
 */

/** Status line and headers together, those of 1xx answers before it included; also the trailers of a chunked answer. */
export const maxHeadBytes = 64 * 1024
/** An object is at most a few MB (etcd's limit is 1.5 MB), and what the agent asks for is far smaller. */
export const maxBodyBytes = 8 * 1024 * 1024
/** The first piece of memory for a body whose length is not said before. */
const firstBodyBytes = 4 * 1024

const lineFeed = 10
const statusLine = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: |$)/
const headerName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const controls = /[\0-\x08\x0a-\x1f\x7f]/
const chunkLine = /^([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?$/
const decimal = /^\d{1,15}$/

/** What the other side sent is not an answer; the message says what is wrong with it. The only thing that is thrown here. */
export class MalformedAnswer extends Error {
  override readonly name = 'MalformedAnswer'
}

interface ParsedAnswer {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly body: string
}

/** Headers that matter here. */
interface Head {
  version: 0 | 1
  status: number
  length: number | undefined
  chunked: boolean
  close: boolean
  keep: boolean
  retryAfter: string | undefined
}

/** What the next byte belongs to. `rest` is a body that ends with its connection. */
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

  /** `bodyless`: the answer to a HEAD, which has the headers of a body and none. */
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

  /** The connection has ended, which is the end of some answers too: true then, false where it cuts one. */
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
    if (!line.endsWith('\r\n')) throw new MalformedAnswer('a line of its headers does not end as HTTP lines do')
    const text = line.slice(0, -2)
    if (controls.test(text)) throw new MalformedAnswer('its headers have control characters')
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
    if (status === undefined) throw new MalformedAnswer(`it does not begin like HTTP/1.1: ${quoted(text)}`)
    this.#head.version = minor === '1' ? 1 : 0
    this.#head.status = Number(status)
    this.#place = 'header'
  }

  #headEnds(): void {
    const { status, chunked, length } = this.#head
    if (status === 101) throw new MalformedAnswer('it changes to a protocol that nobody asked for')
    if (status < 200) {
      this.#head = emptyHead() // an interim answer; #lineBytes goes on, so that not too many come
      this.#place = 'status'
    } else if (this.#bodyless || isBodyless(status)) this.#place = 'done'
    else if (chunked && length !== undefined) throw new MalformedAnswer('it has a length and is chunked as well')
    else if (chunked) this.#expectChunk()
    else if (length !== undefined) this.#expect('length', length)
    else this.#place = 'rest'
    if (this.#place === 'length' && length === 0) this.#place = 'done'
  }

  #expect(place: 'length' | 'chunk', bytes: number): void {
    if (this.#bodyBytes + bytes > maxBodyBytes) throw tooLong()
    this.#place = place
    this.#left = bytes
    // A length that is said is at most one piece of memory, and only as much of it as really comes is touched.
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
    if (text !== '') throw new MalformedAnswer('a chunk is longer than it says')
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
        throw new MalformedAnswer(`its length is no length: ${quoted(value)}`)
      }
      head.length = Number(value)
      return
    case 'transfer-encoding':
      if (value.toLowerCase() !== 'chunked' || head.chunked || head.version === 0) {
        throw new MalformedAnswer(`it is encoded in a way that nobody asked for: ${quoted(value)}`)
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
