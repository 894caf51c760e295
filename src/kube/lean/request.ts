/** The bytes of a request. */
import type { Call } from '../api.ts'
import { describeCall, methodOf, pathOf } from '../call.ts'
import { KubeError } from '../errors.ts'
import type { Sent } from '../transport.ts'

const headerName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/
const target = /^[\x21-\x7e]+$/

/**
 * Head and body in one buffer: one packet for most calls. Throws KubeError `NM_KUBE_CONFIG` where a header or the path has
 * a character that could end it and begin another; the error does not quote values, because they may be secrets.
 */
export function requestBytes(server: URL, { call, headers }: Sent): Buffer {
  const method = methodOf(call)
  const path = `${server.pathname.replace(/\/$/, '')}${pathOf(call)}`
  if (!target.test(path)) throw unfit(call, 'path')
  const body = call.body === undefined ? '' : JSON.stringify(call.body)
  const bodyBytes = Buffer.byteLength(body)
  const own: Record<string, string> = { host: server.host, ...headers }
  if (call.body !== undefined) own['content-type'] = call.contentType ?? 'application/json'
  if (bodyBytes > 0 || method !== 'GET') own['content-length'] = String(bodyBytes)
  let head = `${method} ${path} HTTP/1.1\r\n`
  for (const [name, value] of Object.entries(own)) {
    if (!headerName.test(name) || !headerValue.test(value)) throw unfit(call, `header ${JSON.stringify(name)}`)
    head += `${name}: ${value}\r\n`
  }
  head += '\r\n'
  const bytes = Buffer.allocUnsafeSlow(head.length + bodyBytes)
  bytes.write(head, 0, 'latin1')
  bytes.write(body, head.length, 'utf8')
  return bytes
}

function unfit(call: Call, what: string): KubeError {
  const name = describeCall(call)
  return new KubeError('NM_KUBE_CONFIG', `${name}: the ${what} has a character that HTTP does not allow there`, {
    call: name,
  })
}
