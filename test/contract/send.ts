/** One HTTP exchange or stream, independent of every client under test. */
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'

export interface ServerUnderTest {
  readonly url: string
  readonly token: string
  /** PEM, for https. */
  readonly ca?: string
}

export interface Exchange {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly text: string | undefined
  /** Resolve after so many lines of the answer, and run `opened` when its head has come. */
  readonly lines?: number
  readonly opened?: () => Promise<void>
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

const timeoutMs = 15_000

/** Sends; rejects only when the exchange breaks or takes too long. */
export function send(server: ServerUnderTest, exchange: Exchange): Promise<Reply> {
  const url = new URL(server.url)
  const secure = url.protocol === 'https:'
  const options = {
    host: url.hostname,
    port: url.port,
    method: exchange.method,
    path: exchange.path,
    agent: false as const,
    timeout: timeoutMs,
    headers: {
      ...exchange.headers,
      ...(exchange.text === undefined ? {} : { 'content-length': Buffer.byteLength(exchange.text) }),
    },
    ...(server.ca === undefined ? {} : { ca: server.ca }),
  }
  return new Promise((resolve, reject) => {
    const call = (secure ? requestHttps : requestHttp)(options, (response) => {
      let text = ''
      let done = false
      const finish = (): void => {
        if (done) return
        done = true
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text })
        if (exchange.lines !== undefined) call.destroy()
      }
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
        if (exchange.lines !== undefined && text.split('\n').length > exchange.lines) finish()
      })
      response.on('end', finish)
      response.on('error', (error) => (done ? undefined : reject(error)))
      exchange.opened?.().catch(reject)
    })
    call.on('timeout', () =>
      call.destroy(new Error(`${exchange.method} ${exchange.path}: no answer in ${timeoutMs} ms`)),
    )
    call.on('error', reject)
    call.end(exchange.text)
  })
}
