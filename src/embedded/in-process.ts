/**
 * The embedded API server without a socket: a {@link Transport} that answers calls in this process, so that a cluster in
 * virtual time waits for nothing but its own clock (docs/adr/0034-policy-tests.md).
 */
import { methodOf, pathOf } from '../kube/call.ts'
import type { OpenTransport } from '../kube/connection.ts'
import { type Answer, BrokenExchange, type Sent } from '../kube/transport.ts'
import type { Cluster } from './cluster.ts'
import { ApiFailure, internal } from './failure.ts'
import { type ApiRequest, handle } from './http/handle.ts'
import { answerForm, mediaType } from './http/negotiate.ts'
import { resourceRoute, segments, verbOf } from './http/route.ts'
import { type LineSink, streamWatch } from './http/stream.ts'
import type { Json } from './json.ts'

/** What stands between the callers and the server. */
export interface Door {
  /** False while the API server is away: calls break, and open watches have ended. */
  readonly isOpen: () => boolean
  /** What the server says instead of its answer, for calls that are to be refused. */
  readonly refusal: (sent: Sent) => ApiFailure | undefined
}

export interface InProcess {
  readonly open: OpenTransport
  /** Breaks every open watch, as a server that goes away does. */
  cut(): void
}

/** Calls to `cluster`, with every right; the caller's headers say only who writes. */
export function inProcess(cluster: Cluster, door: Door): InProcess {
  const lines = new Set<Lines>()
  const ask = (sent: Sent, watching: boolean) => {
    if (!door.isOpen()) throw new BrokenExchange(new Error('connect ECONNREFUSED: the API server is away'), false)
    const refused = door.refusal(sent)
    if (refused) throw refused
    const request = requestOf(cluster, sent, watching)
    return { request, result: handle(cluster, request) }
  }
  return {
    open: () => ({
      async request(sent) {
        try {
          if (sent.call.resource.group === 'authorization.k8s.io') return whole(201, { status: { allowed: true } })
          const { result } = ask(sent, false)
          return 'watch' in result ? failed(internal('a watch is no call')) : whole(result.code, result.body)
        } catch (error) {
          return failed(error)
        }
      },
      async stream(sent) {
        try {
          const { request, result } = ask(sent, true)
          if (!('watch' in result)) return whole(result.code, result.body)
          const sink = new Lines()
          lines.add(sink)
          const stop = streamWatch(cluster, request, result, sink)
          const end = (): void => {
            stop()
            sink.end()
            lines.delete(sink)
          }
          sent.call.signal?.addEventListener('abort', end, { once: true })
          return { status: 200, body: '', lines: opened(sent, sink, end) }
        } catch (error) {
          return failed(error)
        }
      },
      close() {},
    }),
    cut() {
      for (const one of lines) one.break()
    },
  }
}

async function* opened(sent: Sent, sink: Lines, end: () => void): AsyncGenerator<string> {
  sent.call.onOpen?.()
  try {
    yield* sink.read()
  } finally {
    sent.call.signal?.removeEventListener('abort', end)
    end()
  }
}

function requestOf(cluster: Cluster, { call, headers }: Sent, watching: boolean): ApiRequest {
  const [path = '', query = ''] = pathOf(call).split('?')
  const route = resourceRoute(cluster.kinds, segments(path))
  return {
    verb: verbOf(methodOf(call), route, watching),
    route,
    query: new URLSearchParams(query),
    // As it would come out of the wire: nothing is shared with the caller.
    body: call.body === undefined ? undefined : (JSON.parse(JSON.stringify(call.body)) as Json),
    contentType: mediaType(call.contentType),
    form: answerForm(headers.accept),
    userAgent: headers['user-agent'] ?? '',
    warn() {},
  }
}

function whole(status: number, body: object): Answer {
  return { status, body: JSON.stringify(body) }
}

/** A refusal is an answer; anything else is a broken exchange. */
function failed(error: unknown): Answer {
  if (!(error instanceof ApiFailure)) throw error
  const retry = error.details?.retryAfterSeconds
  return { ...whole(error.code, error.status), ...(retry !== undefined && { retryAfter: String(retry) }) }
}

/** The lines of one watch, read as they come. */
class Lines implements LineSink {
  #waiting: string[] = []
  #wake: () => void = () => {}
  #broken = false
  writableEnded = false

  write(line: string): boolean {
    this.#waiting.push(line)
    this.#wake()
    return true
  }

  /** Never called: `write` never asks to wait. */
  once(): void {}

  end(): void {
    this.writableEnded = true
    this.#wake()
  }

  break(): void {
    this.#broken = true
    this.#wake()
  }

  async *read(): AsyncGenerator<string> {
    for (;;) {
      const lines = this.#waiting
      this.#waiting = []
      yield* lines
      if (this.#broken) throw new BrokenExchange(new Error('socket hang up: the API server went away'), false)
      if (this.#waiting.length > 0) continue
      if (this.writableEnded) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}
