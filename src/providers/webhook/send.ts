/** Sends the webhook's requests with Node's own fetch, and says which addresses are fit for it. */
import { readFileSync } from 'node:fs'
import { longestAnswer, type Send, type WebhookSettings } from './protocol.ts'

/** Thrown for settings that cannot work; the message says what to write. */
export class WebhookSettingsError extends Error {
  override readonly name = 'WebhookSettingsError'
  readonly code = 'NM_WEBHOOK_SETTINGS'
}

/** Checks the settings at the start, so that a wrong one is not first seen in a repair. */
export function webhookSettings(url: string, secretFile: string): WebhookSettings {
  checkAddress(url)
  const secret = (): string => readSecret(secretFile)
  secret()
  return { url, secret, send }
}

/** Who can read the requests can repeat them within the service's tolerance: outside the cluster that takes TLS. */
function checkAddress(url: string): void {
  if (!URL.canParse(url))
    throw new WebhookSettingsError(`--webhook-url: "${url}" is no address; write https://HOST/PATH`)
  const { protocol, hostname, search, hash, username } = new URL(url)
  const near = /^(localhost|127\.0\.0\.1|\[::1\])$|\.svc(\.cluster\.local)?$/.test(hostname)
  if (protocol !== 'https:' && !(protocol === 'http:' && near))
    throw new WebhookSettingsError('--webhook-url: write https://…; http is for localhost and Services (*.svc)')
  if (search !== '' || hash !== '' || username !== '')
    throw new WebhookSettingsError('--webhook-url: leave out user, ? and #; the signature is what identifies us')
}

function readSecret(file: string): string {
  let text: string
  try {
    text = readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new WebhookSettingsError(`--webhook-secret-file: ${(error as Error).message}`)
  }
  if (text.length < 16)
    throw new WebhookSettingsError(
      `--webhook-secret-file: ${file} holds less than 16 characters; openssl rand -hex 32 makes a key`,
    )
  return text
}

const send: Send = async ({ method, url, headers, body, timeoutMs }) => {
  const signal = AbortSignal.timeout(Math.ceil(timeoutMs))
  try {
    const answer = await fetch(url, { method, headers, redirect: 'error', signal, ...(body !== undefined && { body }) })
    return { status: answer.status, text: await beginning(answer) }
  } catch (error) {
    throw new Error(`the webhook did not answer: ${causeOf(error)}`)
  }
}

async function beginning(answer: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of answer.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length >= longestAnswer) break
  }
  return text.slice(0, longestAnswer)
}

/** fetch says "fetch failed" and keeps the reason in its cause. */
function causeOf(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code || message : message
}
