/** A service as an operator would write it: checks the signature, takes each operation once, tells how it stands. */
import type { Through } from '../../testing/tap.ts'
import { type Send, signed, type Wanted, type WebhookAnswer, type WebhookRequest } from '../protocol.ts'

export const secret = 'a key of thirty-two characters ..'

export interface TestService {
  readonly send: Send
  /** What was asked for, by operation id. */
  readonly operations: ReadonlyMap<string, Wanted>
  /** How operations are told to stand from now on. */
  tell(answer: { readonly state: string; readonly why?: string }): void
}

export function testService(nowMs: () => number, through: Through = (_call, send) => send()): TestService {
  const operations = new Map<string, Wanted>()
  let told: object = { state: 'running' }
  const answer = ({ method, url, body }: WebhookRequest): WebhookAnswer => {
    const id = decodeURIComponent(new URL(url).pathname.replace(/^.*\/v1\/operations\//, ''))
    if (method === 'GET') {
      return operations.has(id) ? { status: 200, text: JSON.stringify(told) } : { status: 404, text: '' }
    }
    const known = operations.has(id)
    if (!known) operations.set(id, JSON.parse(body ?? '{}') as Wanted) // the provider wrote it
    return { status: known ? 200 : 202, text: '' }
  }
  return {
    operations,
    tell(next) {
      told = next
    },
    send: (request) =>
      through(
        { name: `${request.method} operation`, writes: request.method === 'PUT', timeoutMs: request.timeoutMs },
        async () => (isSigned(request, nowMs()) ? answer(request) : { status: 401, text: 'wrong signature' }),
      ),
  }
}

/** Who asks is known by the key, and no request is older than five minutes. */
function isSigned({ method, url, headers, body }: WebhookRequest, nowMs: number): boolean {
  const sentMs = Number(headers['nodemend-timestamp']) * 1000
  const path = new URL(url).pathname
  const expected = signed(secret, sentMs, { method, path, ...(body !== undefined && { body }) })
  return Math.abs(nowMs - sentMs) < 300_000 && headers['nodemend-signature'] === expected['nodemend-signature']
}
