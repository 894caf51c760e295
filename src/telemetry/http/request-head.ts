/** Parses the head of a request (RFC 9112), for a server of small pages. Strict: it refuses whatever is not plainly right. */

/** Request line and headers together. */
export const maxHeadBytes = 8 * 1024

const requestLine = /^([A-Z]{1,20}) ([\x21-\x7e]+) HTTP\/1\.([01])$/
const headerName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const controls = /[\0-\x08\x0a-\x1f\x7f]/
const headEnd = '\r\n\r\n'

export interface RequestHead {
  readonly method: string
  /** Without its query. */
  readonly path: string
  readonly accept: string
  /** True when the connection ends with the answer: the client asks for it, or sends a body, which nobody reads. */
  readonly close: boolean
}

export type HeadReading =
  | { readonly kind: 'more' }
  | { readonly kind: 'head'; readonly head: RequestHead; readonly characters: number }
  | { readonly kind: 'refused'; readonly status: 400 | 431; readonly text: string }

/** Reads the first head in `held`, the Latin-1 text of what has come; `characters` of it belong to that head. */
export function readHead(held: string): HeadReading {
  const from = afterEmptyLines(held)
  if (from < held.length && !isCapital(held.charCodeAt(from))) return refused('this is no HTTP request')
  const end = held.indexOf(headEnd, from)
  if ((end < 0 ? held.length : end + headEnd.length) > maxHeadBytes) {
    return { kind: 'refused', status: 431, text: `a request has at most ${maxHeadBytes} bytes\n` }
  }
  if (end < 0) return { kind: 'more' }
  const head = parseHead(held.slice(from, end).split('\r\n'))
  return typeof head === 'string' ? refused(head) : { kind: 'head', head, characters: end + headEnd.length }
}

/** RFC 9112, 2.2: old clients send an empty line after a body. */
function afterEmptyLines(text: string): number {
  let at = 0
  while (text.startsWith('\r\n', at)) at += 2
  return text === '\r' ? 1 : at
}

function isCapital(code: number): boolean {
  return code >= 65 && code <= 90
}

/** What is wrong with it, if it is not a head. */
function parseHead([first = '', ...lines]: readonly string[]): RequestHead | string {
  const [, method, target, minor] = requestLine.exec(first) ?? []
  if (method === undefined || target === undefined) return 'the request line is not METHOD TARGET HTTP/1.1'
  let accept = ''
  let hosts = 0
  let close = minor === '0'
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon < 0 || !headerName.test(line.slice(0, colon)) || controls.test(line)) return 'a header is not NAME: VALUE'
    const value = line.slice(colon + 1).trim()
    switch (line.slice(0, colon).toLowerCase()) {
      case 'host':
        hosts++
        break
      case 'accept':
        accept += accept === '' ? value : `, ${value}`
        break
      case 'connection':
        if (hasClose(value)) close = true
        break
      case 'content-length':
        if (value !== '0') close = true
        break
      case 'transfer-encoding':
        close = true
        break
      default:
    }
  }
  if (hosts > 1 || (hosts === 0 && minor === '1')) return 'a request names its host once'
  return { method, path: pathOf(target), accept, close }
}

function hasClose(value: string): boolean {
  return value
    .toLowerCase()
    .split(',')
    .some((option) => option.trim() === 'close')
}

/** `/metrics?x` and, as a proxy is asked, `http://host/metrics`. */
function pathOf(target: string): string {
  return target.replace(/^https?:\/\/[^/?#]*/, '').split('?')[0] || '/'
}

function refused(text: string): HeadReading {
  return { kind: 'refused', status: 400, text: `${text}\n` }
}
