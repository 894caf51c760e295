/** What the webhook provider and its service say to each other, version 1; docs/reference/webhook.md describes it. */
import { createHmac } from 'node:crypto'
import type { Intervention } from '../../model/action.ts'

/** The service and the key that both sides know. */
export interface WebhookSettings {
  /** Base address; `/v1/operations/ID` is added. */
  readonly url: string
  /** Key of the signature. Asked for at each request, so that a rotated file counts at once. Throws when unreadable. */
  readonly secret: () => string
  readonly send: Send
}

export interface WebhookRequest {
  readonly method: 'GET' | 'PUT'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly timeoutMs: number
}

export interface WebhookAnswer {
  readonly status: number
  /** At most {@link longestAnswer} characters. */
  readonly text: string
}

/** Sends one request. Rejects when no answer comes within `timeoutMs`; never follows a redirect. */
export type Send = (request: WebhookRequest) => Promise<WebhookAnswer>

export const longestAnswer = 16_384

/** How the service says that an operation stands. */
export const serviceStates = ['running', 'done', 'failed'] as const

/** Unique for ever: a repair of the same name that was deleted and made again is committed at another time. */
export function operationId({ id, committedAt }: { readonly id: string; readonly committedAt: number }): string {
  return `${id}.${committedAt}`
}

/** What the service is asked to do. */
export interface Wanted {
  readonly action: Intervention
  readonly node: {
    readonly name: string
    readonly uid: string
    readonly providerID?: string
    readonly labels: Readonly<Record<string, string>>
  }
}

/** The body of the PUT that begins an operation. */
export function operationBody(wanted: Wanted): string {
  return JSON.stringify({ version: 1, ...wanted })
}

/** Headers that let the service tell that we sent this, now: HMAC-SHA256 over timestamp, method, path and body. */
export function signed(
  secret: string,
  nowMs: number,
  { method, path, body = '' }: { readonly method: string; readonly path: string; readonly body?: string },
): Readonly<Record<string, string>> {
  const timestamp = `${Math.floor(nowMs / 1000)}`
  const signature = createHmac('sha256', secret).update([timestamp, method, path, body].join('\n')).digest('hex')
  return { 'nodemend-timestamp': timestamp, 'nodemend-signature': `sha256=${signature}` }
}
