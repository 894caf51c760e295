/** A connection with a tap on its writes, for tests: count them, watch them, lose one, or end the program at one. */
import type { Api, Call } from '../../kube/api.ts'
import { KubeError } from '../../kube/errors.ts'
import { accessReviews } from '../../kube/rights/review.ts'

const writes: ReadonlySet<Call['verb']> = new Set(['create', 'update', 'patch', 'apply', 'delete', 'evict'])

/** A request to a service outside Kubernetes. */
export interface OutsideCall {
  readonly name: string
  readonly writes: boolean
  readonly timeoutMs: number
}

/** What stands between a provider and the service outside: sends the request, or does something else instead. */
export type Through = <A>(call: OutsideCall, send: () => Promise<A>) => Promise<A>

/** All that a provider under test speaks through. */
export interface Lines {
  readonly api: Api
  readonly through: Through
}

export interface Tap extends Lines {
  /** Every write that was sent, as `verb plural[/subresource] name`, a boot with {@link bootText}. */
  readonly sent: readonly string[]
}

export interface TapOptions {
  /** Called before anything is read; what it throws is the answer. */
  readonly read?: (call: Call) => void
  /** Called before a write is sent; what it throws is what the caller gets instead of an answer. */
  readonly before?: (write: string, call: Call, count: number) => void
  /** Called before a write to a service outside Kubernetes; what it throws is the answer. */
  readonly outside?: (call: OutsideCall) => void
  /** Called after the server has answered, and waited for; what it throws replaces the answer. */
  readonly after?: (write: string, call: Call, count: number) => void | Promise<void>
}

/** Taps `api`. */
export function tap(api: Api, options: TapOptions): Tap {
  const sent: string[] = []
  return {
    sent,
    through: (call, send) => {
      if (!call.writes) return send()
      options.outside?.(call)
      sent.push(call.name)
      return send()
    },
    api: {
      server: api.server,
      close: () => api.close(),
      stream: <T>(call: Call) => api.stream<T>(call),
      async request<T>(call: Call): Promise<T> {
        if (!writes.has(call.verb) || call.resource === accessReviews) {
          options.read?.(call)
          return api.request<T>(call)
        }
        const resource = call.subresource ? `${call.resource.plural}/${call.subresource}` : call.resource.plural
        const write = `${call.verb} ${resource} ${call.name ?? ''}`.trim() + (isBoot(call) ? bootText : '')
        options.before?.(write, call, sent.length)
        sent.push(write)
        const answer = await api.request<T>(call)
        await options.after?.(write, call, sent.length - 1)
        return answer
      },
    },
  }
}

/** How the name of a write ends that boots a modelled machine: others write the status of a node, too. */
export const bootText = ' with a boot id'

function isBoot({ body }: Call): boolean {
  return (body as { status?: { nodeInfo?: unknown } } | undefined)?.status?.nodeInfo !== undefined // what providers/embedded sends
}

/** What a caller sees when no answer comes. */
export function noAnswer(): KubeError {
  return new KubeError('NM_KUBE_NETWORK', 'the connection broke', { call: 'test' })
}
