import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { AnswerParser, MalformedAnswer } from './answer-parser.ts'

type Parsed = { readonly answer: unknown; readonly used: number } | { readonly error: string } | 'unfinished'

/** What the parser makes of `pieces`, and of the connection's end after them. Fails when it throws anything else than its error. */
function parse(pieces: readonly Buffer[], bodyless = false): Parsed {
  const parser = new AnswerParser(bodyless)
  let used = 0
  try {
    for (const piece of pieces) if (!parser.done) used += parser.take(piece)
    if (!parser.done && !parser.end()) return 'unfinished'
    return { answer: { ...parser.answer(), reusable: parser.reusable }, used }
  } catch (error) {
    assert.ok(error instanceof MalformedAnswer, String(error))
    return { error: error.message }
  }
}

function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const edges = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return edges.slice(1).map((end, index) => bytes.subarray(edges[index], end))
}

function chunked(body: Buffer, sizes: readonly number[]): Buffer {
  const pieces: Buffer[] = []
  for (let at = 0, turn = 0; at < body.length; turn++) {
    const size = Math.min(sizes[turn % sizes.length] ?? 1, body.length - at)
    pieces.push(Buffer.from(`${size.toString(16)}${turn % 2 ? ';a=b' : ''}\r\n`), body.subarray(at, at + size))
    pieces.push(Buffer.from('\r\n'))
    at += size
  }
  return Buffer.concat([...pieces, Buffer.from('0\r\nExpires: never\r\n\r\n')])
}

const places = fc.array(fc.nat(), { maxLength: 30 })

/** An answer as bytes, and the parsed answer. */
const validAnswer = fc
  .record({
    interim: fc.constantFrom('', 'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'),
    status: fc.constantFrom(200, 201, 302, 404, 429, 500),
    text: fc.string({ unit: 'grapheme', maxLength: 300 }),
    framing: fc.constantFrom('length', 'chunked', 'rest'),
    sizes: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
    close: fc.boolean(),
  })
  .map(({ interim, status, text, framing, sizes, close }) => {
    const body = Buffer.from(text)
    const lines = [`HTTP/1.1 ${status} Whatever it is`, 'ETag:  "a b"  ', 'Retry-After: 7', 'X-Empty:']
    if (framing === 'length') lines.push(`content-LENGTH: ${body.length}`)
    if (framing === 'chunked') lines.push('Transfer-Encoding: Chunked')
    if (close) lines.push('Connection: Upgrade, Close')
    const head = Buffer.from(`${interim}${lines.join('\r\n')}\r\n\r\n`)
    const bytes = Buffer.concat([head, framing === 'chunked' ? chunked(body, sizes) : body])
    const reusable = framing !== 'rest' && !close
    return { bytes, said: { answer: { status, retryAfter: '7', body: text, reusable }, used: bytes.length } }
  })

describe('an answer', () => {
  it('is the same however its bytes are cut', () => {
    fc.assert(
      fc.property(validAnswer, places, ({ bytes, said }, cuts) => {
        assert.deepEqual(parse([bytes]), said)
        assert.deepEqual(parse(cutAt(bytes, cuts)), said)
      }),
    )
    fc.assert(
      fc.property(validAnswer, ({ bytes, said }) => {
        assert.deepEqual(parse(cutAt(bytes, [...bytes.keys()])), said) // byte by byte
      }),
      { numRuns: 20 },
    )
  })

  it('of damaged bytes is one and the same error or answer however they are cut, and nothing worse', () => {
    const garbage = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc
        .array(
          fc.constantFrom(
            'HTTP/1.1 200 OK',
            'HTTP/1.0 204 ',
            '\r\n',
            '\n',
            ':',
            'Content-Length: ',
            '5',
            'ffffffff',
            ' ',
          ),
          { maxLength: 30 },
        )
        .map((words) => Buffer.from(words.join(''))),
      fc
        .tuple(validAnswer, fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat())
        .map(([{ bytes }, at, byte, length]) => {
          const damaged = Buffer.from(bytes)
          damaged[at % damaged.length] = byte
          return damaged.subarray(0, length % (damaged.length + 1) || damaged.length)
        }),
    )
    fc.assert(
      fc.property(garbage, places, (bytes, cuts) => assert.deepEqual(parse(cutAt(bytes, cuts)), parse([bytes]))),
      {
        numRuns: 2_000,
      },
    )
  })

  it('leaves alone what comes behind it', () => {
    fc.assert(
      fc.property(validAnswer, places, ({ bytes, said }, cuts) => {
        if (said.answer.reusable) assert.deepEqual(parse(cutAt(Buffer.concat([bytes, bytes]), cuts)), said)
      }),
    )
  })

  const bodyless: readonly [string, string, boolean][] = [
    ['to a HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n', true],
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', false],
    ['304', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 50\r\n\r\n', false],
    ['of no bytes', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', false],
    ['of HTTP/1.0 that is kept', 'HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n', false],
  ]
  for (const [name, text, head] of bodyless) {
    it(`${name} ends with its headers`, () => {
      const parsed = parse([Buffer.from(text)], head)
      const status = Number(text.slice(9, 12))
      const answer = { status, retryAfter: undefined, body: '', reusable: true }
      assert.deepEqual(parsed, { answer, used: text.length })
    })
  }

  const refused: readonly [string, RegExp][] = [
    ['SSH-2.0-OpenSSH\r\n', /does not begin with an HTTP/],
    ['HTTP/2 200 OK\r\n', /does not begin with an HTTP/],
    ['HTTP/1.1 200 OK\n\n', /does not end with CRLF/],
    ['HTTP/1.1 200 OK\r\nA: \x01\r\n', /control characters/],
    ['HTTP/1.1 200 OK\r\n folded\r\n', /has no name: " folded"/],
    ['HTTP/1.1 200 OK\r\nA B: c\r\n', /has no name/],
    ['HTTP/1.1 200 OK\r\nContent-Length: -1\r\n', /not a length: "-1"/],
    ['HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n', /not a length: "2"/],
    ['HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', /both a Content-Length and chunks/],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n', /not supported: "gzip, chunked"/],
    ['HTTP/1.1 101 Switching\r\n\r\n', /switches to another protocol/],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfive\r\n', /has no size: "five"/],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n', /longer than its size/],
  ]
  for (const [text, why] of refused) {
    it(`is refused: ${JSON.stringify(text.slice(0, 60))}`, () => {
      const parsed = parse([Buffer.from(text, 'latin1')])
      assert.match(typeof parsed === 'object' && 'error' in parsed ? parsed.error : '', why)
    })
  }
})

describe('the limits of an answer', () => {
  const tooLongHead = { error: 'its headers are longer than 65536 bytes' }
  const tooLongBody = { error: 'its body is longer than 8388608 bytes' }
  const ok = 'HTTP/1.1 200 OK\r\n'

  it('64 KiB of headers, interim answers and trailers included', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200_000 }), (bytes) => {
        const parsed = parse([Buffer.from(`${ok}A: ${'x'.repeat(bytes)}\r\nContent-Length: 0\r\n\r\n`)])
        const whole = ok.length + 'A: \r\n'.length + bytes + 'Content-Length: 0\r\n\r\n'.length
        assert.equal('error' in Object(parsed), whole > 64 * 1024)
      }),
    )
    assert.deepEqual(parse([Buffer.alloc(70_000, 'x')]), tooLongHead)
    assert.deepEqual(parse([Buffer.from('HTTP/1.1 100 Continue\r\n\r\n'.repeat(5_000))]), tooLongHead)
    const trailers = `${ok}Transfer-Encoding: chunked\r\n\r\n0\r\n${'A: b\r\n'.repeat(20_000)}`
    assert.deepEqual(parse([Buffer.from(trailers)]), tooLongHead)
  })

  it('8 MiB of body, said before or not', () => {
    assert.deepEqual(parse([Buffer.from(`${ok}Content-Length: ${8 * 1024 * 1024 + 1}\r\n\r\n`)]), tooLongBody)
    assert.equal(parse([Buffer.from(`${ok}Content-Length: ${8 * 1024 * 1024}\r\n\r\n`)]), 'unfinished')
    const mebibyte = Buffer.alloc(1024 * 1024, 'x')
    const nine = Array.from({ length: 9 }, () => mebibyte)
    assert.deepEqual(parse([Buffer.from(`${ok}\r\n`), ...nine]), tooLongBody)
    const pieces = nine.flatMap((piece) => [Buffer.from('100000\r\n'), piece, Buffer.from('\r\n')])
    assert.deepEqual(parse([Buffer.from(`${ok}Transfer-Encoding: chunked\r\n\r\n`), ...pieces]), tooLongBody)
  })
})
