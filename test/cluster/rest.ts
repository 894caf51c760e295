/**
 * A small HTTPS client for the test harness. The harness does not use the client under test, so that it cannot hide a
 * fault of it.
 */

import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** The parsed body, or its text where it is not JSON. */
  readonly body: unknown
}

interface RestCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path and query, e.g. `/api/v1/nodes?limit=1`. */
  readonly path: string
  readonly body?: unknown
  /** Default `application/json`. */
  readonly contentType?: string
  /** Default `application/json`. */
  readonly accept?: string
}

export interface Rest {
  /** Sends one call; every HTTP status is an answer, only a broken exchange rejects. */
  send(call: RestCall): Promise<Answer>
  /** GET that must answer 200: returns the body. The cast to `T` is the caller's knowledge of the API. */
  get<T>(path: string): Promise<T>
  /** Server-side apply of any object as field manager `nodemend-test`; must answer 200 or 201. */
  apply<T>(path: string, object: unknown): Promise<T>
  close(): void
}

const CALL_TIMEOUT_MS = 10_000

/** A client for the server at `url` that trusts `caFile` and carries `token`. */
export function connectRest(url: string, caFile: string, token: string): Rest {
  const agent = new Agent({ keepAlive: true, ca: readFileSync(caFile) })
  const send = (call: RestCall): Promise<Answer> => exchange(url, agent, token, call)
  return {
    send,
    get: async <T>(path: string) => accepted({ method: 'GET', path }, await send({ method: 'GET', path })) as T,
    apply: async <T>(path: string, object: unknown) => {
      const call: RestCall = {
        method: 'PATCH',
        path: `${path}?fieldManager=nodemend-test&force=true`,
        body: object,
        contentType: 'application/apply-patch+yaml',
      }
      return accepted(call, await send(call)) as T
    },
    close: () => agent.destroy(),
  }
}

function accepted(call: RestCall, answer: Answer): unknown {
  if (answer.status < 300) return answer.body
  throw new Error(`${call.method} ${call.path} answered ${answer.status}: ${JSON.stringify(answer.body)}`)
}

function exchange(url: string, agent: Agent, token: string, call: RestCall): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      new URL(call.path, url),
      {
        agent,
        method: call.method,
        timeout: CALL_TIMEOUT_MS,
        headers: {
          authorization: `Bearer ${token}`,
          accept: call.accept ?? 'application/json',
          ...(call.body === undefined ? {} : { 'content-type': call.contentType ?? 'application/json' }),
        },
      },
      (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.once('error', reject)
        incoming.once('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: parse(text) })
        })
      },
    )
    outgoing.once('timeout', () => outgoing.destroy(new Error(`${call.path}: no answer for ${CALL_TIMEOUT_MS} ms`)))
    outgoing.once('error', reject)
    outgoing.end(call.body === undefined ? undefined : JSON.stringify(call.body))
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
