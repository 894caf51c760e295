/** A watch of one node, independent of every agent under test: the time of a change is the arrival of its bytes. */
import type { NodeCondition } from '../../src/model/condition.ts'
import { sleep, systemClock } from '../../src/telemetry/clock.ts'
import { type Endpoint, startCall } from './endpoint.ts'

export interface Seen {
  /** Monotonic milliseconds at which the change arrived. */
  readonly at: number
  readonly conditions: readonly NodeCondition[]
}

type Wanted = (conditions: readonly NodeCondition[]) => boolean

export interface NodeWatch {
  /**
   * The first state that is wanted, the present one included; undefined when none comes within `timeoutMs`. Rejects with
   * NM_BENCH_ENDED when the node's agent has ended.
   */
  until(wanted: Wanted, timeoutMs: number): Promise<Seen | undefined>
  close(): void
}

interface NodeEvent {
  readonly type: string
  readonly object: { readonly status?: { readonly conditions?: readonly NodeCondition[] } }
}

/** Opens the watch and resolves when the node's present state has come. `ended` resolves when the node's agent has ended. */
export async function watchNode(endpoint: Endpoint, name: string, ended: Promise<void>): Promise<NodeWatch> {
  let present: Seen = { at: 0, conditions: [] }
  const waiting = new Set<(seen: Seen) => void>()
  const first = Promise.withResolvers<void>()
  const path = `/api/v1/nodes?watch=true&fieldSelector=metadata.name%3D${name}&timeoutSeconds=7200`
  const close = stream(endpoint, path, first.reject, (event, at) => {
    if (event.type !== 'ADDED' && event.type !== 'MODIFIED') return
    present = { at, conditions: event.object.status?.conditions ?? [] }
    first.resolve()
    for (const look of [...waiting]) look(present)
  })
  await first.promise
  return {
    close,
    until: async (wanted, timeoutMs) => {
      if (wanted(present.conditions)) return present
      const { promise, resolve } = Promise.withResolvers<Seen>()
      const look = (seen: Seen): void => {
        if (wanted(seen.conditions)) resolve(seen)
      }
      waiting.add(look)
      const abort = new AbortController()
      const late = sleep(systemClock, timeoutMs, abort.signal).then(
        () => undefined,
        () => undefined,
      )
      const gone = ended.then(() => {
        throw new Error(`NM_BENCH_ENDED: the agent of ${name} has ended`)
      })
      try {
        return await Promise.race([promise, late, gone])
      } finally {
        abort.abort()
        waiting.delete(look)
      }
    },
  }
}

function stream(
  endpoint: Endpoint,
  path: string,
  failed: (error: Error) => void,
  take: (event: NodeEvent, at: number) => void,
): () => void {
  const outgoing = startCall(endpoint, { method: 'GET', path }, (incoming) => {
    if (incoming.statusCode !== 200) failed(new Error(`NM_BENCH_WATCH: ${path} answered ${incoming.statusCode}`))
    let held = ''
    incoming.setEncoding('utf8')
    incoming.on('error', failed)
    incoming.on('data', (text: string) => {
      const at = systemClock.monotonic()
      const lines = (held + text).split('\n')
      held = lines.pop() ?? ''
      for (const line of lines) take(JSON.parse(line) as NodeEvent, at) // the API's own watch format
    })
  })
  outgoing.on('error', failed)
  return () => outgoing.destroy()
}
