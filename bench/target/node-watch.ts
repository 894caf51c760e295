/** A watch of one node, held open from outside every client under test: the clock stops when its bytes arrive. */
import type { NodeCondition } from '../../src/model/condition.ts'
import { sleep, systemClock } from '../../src/telemetry/clock.ts'
import { type Door, knock } from './door.ts'

export interface Seen {
  /** Monotonic milliseconds at which the change arrived. */
  readonly at: number
  readonly conditions: readonly NodeCondition[]
}

type Wanted = (conditions: readonly NodeCondition[]) => boolean

export interface NodeWatch {
  /** The first state from now on, the present one included, that is wanted; rejects after `timeoutMs`. */
  until(wanted: Wanted, timeoutMs: number, what: string): Promise<Seen>
  /** The present conditions. */
  now(): readonly NodeCondition[]
  close(): void
}

interface NodeEvent {
  readonly type: string
  readonly object: { readonly status?: { readonly conditions?: readonly NodeCondition[] } }
}

/** Opens the watch and resolves when the node's present state has come. */
export async function watchNode(door: Door, name: string): Promise<NodeWatch> {
  let present: Seen = { at: 0, conditions: [] }
  const waiting = new Set<(seen: Seen) => void>()
  const first = Promise.withResolvers<void>()
  const path = `/api/v1/nodes?watch=true&fieldSelector=metadata.name%3D${name}&timeoutSeconds=7200`
  const close = stream(door, path, first.reject, (event, at) => {
    if (event.type !== 'ADDED' && event.type !== 'MODIFIED') return
    present = { at, conditions: event.object.status?.conditions ?? [] }
    first.resolve()
    for (const look of [...waiting]) look(present)
  })
  await first.promise
  return {
    now: () => present.conditions,
    close,
    until: async (wanted, timeoutMs, what) => {
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
      const seen = await Promise.race([promise, late])
      abort.abort()
      waiting.delete(look)
      if (seen === undefined) throw new Error(`NM_BENCH_LATE: ${name}: ${what} did not happen within ${timeoutMs} ms`)
      return seen
    },
  }
}

function stream(
  door: Door,
  path: string,
  failed: (error: Error) => void,
  take: (event: NodeEvent, at: number) => void,
): () => void {
  const outgoing = knock(door, { method: 'GET', path }, (incoming) => {
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
