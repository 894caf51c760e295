/** A {@link Transport} on `node:http` and `node:https`, which streams. */
import type { Clock } from '../../telemetry/clock.ts'
import type { Answer, Sent, Transport } from '../transport.ts'
import { type Exchange, openExchange } from './exchange.ts'
import { readLines } from './lines.ts'
import { Sockets } from './sockets.ts'

/** An object is at most a few MB (etcd's limit is 1.5 MB of protobuf); a longer line is not a watch. */
const maxLineBytes = 32 * 1024 * 1024

/** Calls share `maxConnections` sockets; streams have their own. */
export function httpTransport(server: URL, maxConnections: number, clock: Clock): Transport {
  const sockets = new Sockets(server.protocol === 'https:', maxConnections)
  const open = ({ call, headers, tls, timeoutMs }: Sent, kind: 'call' | 'stream'): Promise<Exchange> =>
    openExchange({ server, agent: sockets.agent(kind, tls), headers, clock }, call, timeoutMs)
  return {
    request: async (sent) => readWhole(await open(sent, 'call')),
    async stream(sent, silenceMs) {
      const exchange = await open(sent, 'stream')
      const status = exchange.response.statusCode ?? 0
      if (status < 200 || status >= 300) return readWhole(exchange)
      return { status, body: '', lines: linesOf(exchange, sent, silenceMs) }
    },
    close: () => sockets.close(),
  }
}

async function readWhole(exchange: Exchange): Promise<Answer> {
  const { response } = exchange
  try {
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk as Buffer) // no encoding is set: always Buffers
    const retryAfter = response.headers['retry-after']
    const body = Buffer.concat(chunks).toString('utf8')
    return { status: response.statusCode ?? 0, body, ...(retryAfter !== undefined && { retryAfter }) }
  } catch (cause) {
    throw exchange.failure() ?? cause
  } finally {
    exchange.end()
  }
}

async function* linesOf(exchange: Exchange, { call }: Sent, silenceMs: number): AsyncGenerator<string> {
  try {
    exchange.renew(silenceMs)
    call.onOpen?.()
    for await (const line of readLines(exchange.response, maxLineBytes)) {
      exchange.hold()
      yield line
      exchange.renew()
    }
  } catch (cause) {
    throw exchange.failure() ?? cause
  } finally {
    exchange.end()
  }
}
