import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { readHead } from './request-head.ts'

const host = 'Host: x\r\n'

describe('a request head', () => {
  const heads: readonly [string, object][] = [
    [`GET /metrics HTTP/1.1\r\n${host}\r\n`, { method: 'GET', path: '/metrics', accept: '', close: false }],
    [`GET /a?b?c HTTP/1.1\r\n${host}\r\n`, { method: 'GET', path: '/a', accept: '', close: false }],
    [`HEAD http://a:1/b?c HTTP/1.1\r\n${host}\r\n`, { method: 'HEAD', path: '/b', accept: '', close: false }],
    [`GET http://a HTTP/1.1\r\n${host}\r\n`, { method: 'GET', path: '/', accept: '', close: false }],
    ['GET / HTTP/1.0\r\n\r\n', { method: 'GET', path: '/', accept: '', close: true }],
    [
      `GET / HTTP/1.1\r\n${host}ACCEPT: a\r\nAccept:b \r\n\r\n`,
      { method: 'GET', path: '/', accept: 'a, b', close: false },
    ],
    [`GET / HTTP/1.1\r\n${host}Connection: TE, Close\r\n\r\n`, { method: 'GET', path: '/', accept: '', close: true }],
    [`POST / HTTP/1.1\r\n${host}Content-Length: 3\r\n\r\n`, { method: 'POST', path: '/', accept: '', close: true }],
    [`GET / HTTP/1.1\r\n${host}Transfer-Encoding: x\r\n\r\n`, { method: 'GET', path: '/', accept: '', close: true }],
  ]
  for (const [text, head] of heads) {
    it(`is read: ${JSON.stringify(text)}`, () => {
      assert.deepEqual(readHead(`\r\n${text}more`), { kind: 'head', head, characters: text.length + 2 })
      // Every beginning of it asks for more.
      for (let end = 0; end < text.length; end++)
        assert.equal(readHead(text.slice(0, end)).kind, 'more', text.slice(0, end))
    })
  }

  const refused: readonly string[] = [
    '\x16\x03\x01\x02\x00',
    'get / HTTP/1.1\r\n\r\n',
    'GET  / HTTP/1.1\r\n\r\n',
    'GET / HTTP/2.0\r\n\r\n',
    'GET /\r\n\r\n',
    'GET /ü HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET / HTTP/1.1\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n',
    'GET / HTTP/1.1\r\nHost : x\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: \0\r\n\r\n',
  ]
  for (const text of refused) {
    it(`is refused: ${JSON.stringify(text)}`, () => {
      const reading = readHead(text)
      assert.equal(reading.kind === 'refused' && reading.status, 400)
    })
  }

  it('has at most 8 KiB, whole or not', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000 }), fc.boolean(), (bytes, whole) => {
        const text = `GET / HTTP/1.1\r\n${host}A: ${'x'.repeat(bytes)}${whole ? '\r\n\r\n' : ''}`
        const reading = readHead(text)
        assert.equal(reading.kind === 'refused' && reading.status === 431, text.length > 8 * 1024)
      }),
    )
  })

  it('of any bytes is read, refused or waited for', () => {
    const text = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
      fc
        .array(
          fc.constantFrom('GET ', '/', ' HTTP/1.1', '\r\n', '\r', '\n', host, ':', 'Content-Length: ', 'close', ' '),
          {
            maxLength: 30,
          },
        )
        .map((words) => words.join('')),
    )
    fc.assert(
      fc.property(text, (held) => {
        const reading = readHead(held)
        if (reading.kind === 'head') assert.ok(reading.characters > 0 && reading.characters <= held.length)
      }),
      { numRuns: 2_000 },
    )
  })
})
