/**
 * A {@link Transport} on bare sockets, for the agent: Node's HTTP client costs every node 1 MB (docs/adr/0007-lean-http.md).
 * It does not stream.
 */
import type { Clock } from '../../telemetry/clock.ts'
import type { Api, Call } from '../api.ts'
import { describeCall } from '../call.ts'
import { type ConnectionConfig, type ConnectOptions, connectOver } from '../connection.ts'
import { KubeError } from '../errors.ts'
import { Guard } from '../http/guard.ts'
import { type Answer, idleCloseMs, type Sent, type Transport } from '../transport.ts'
import { MalformedAnswer } from './answer-parser.ts'
import type { PendingCall } from './connection.ts'
import { ConnectionPool } from './connection-pool.ts'
import { requestBytes } from './request.ts'

/** Like `connectTo`, for a program that does not watch. */
export function connectLean(config: ConnectionConfig, options: ConnectOptions): Api {
  return connectOver(leanTransport, config, options)
}

/** `idleMs`: milliseconds for which an idle connection stays open. */
export function leanTransport(
  server: URL,
  maxConnections: number,
  clock: Clock,
  idleMs: number = idleCloseMs,
): Transport {
  const pool = new ConnectionPool({ server, maxConnections, idleMs })
  return {
    request: async (sent) => exchange(pool, sent, requestBytes(server, sent), clock),
    stream: async ({ call }) => {
      throw namedError('NM_KUBE_HANDLER', call, 'this connection does not stream: use connectTo')
    },
    close: () => pool.close(),
  }
}

function exchange(pool: ConnectionPool, { call, tls, timeoutMs }: Sent, bytes: Buffer, clock: Clock): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const pending: PendingCall = {
      bytes,
      done(parser) {
        guard.release()
        const { status, retryAfter, body } = parser.answer()
        resolve({ status, body, ...(retryAfter !== undefined && { retryAfter }) })
      },
      failed(cause) {
        guard.release()
        reject(guard.failure ?? (cause instanceof MalformedAnswer ? refused(call, cause) : cause))
      },
    }
    const guard = new Guard(clock, call, timeoutMs, () => pool.cut(pending))
    if (guard.failure) reject(guard.failure)
    else pool.send(pending, tls)
  })
}

function refused(call: Call, cause: MalformedAnswer): KubeError {
  const remedy = 'check the server address and any proxy before it'
  return namedError('NM_KUBE_ANSWER', call, `what came is not an HTTP answer: ${cause.message}; ${remedy}`, cause)
}

function namedError(code: 'NM_KUBE_ANSWER' | 'NM_KUBE_HANDLER', call: Call, text: string, cause?: unknown): KubeError {
  const name = describeCall(call)
  return new KubeError(code, `${name}: ${text}`, { call: name, ...(cause === undefined ? {} : { cause }) })
}
