/** The changes of a kind's objects, read inside the server, because a watch could miss some. */
import type { ApiObject } from '../../src/embedded/json.ts'
import type { Store, StoreEvent } from '../../src/embedded/store.ts'

/** Every change of `kind` (its storage key) since the server began, oldest first. */
export function historyOf(store: Store, kind: string): readonly StoreEvent[] {
  const changes: StoreEvent[] = []
  const start = store.positionAfter(kind, 0)
  if (start === undefined) throw new Error(`NM_SOAK_HISTORY: changes of ${kind} were dropped`)
  for (let position = start; ; position++) {
    const event = store.eventAt(kind, position)
    if (event === 'dropped') throw new Error(`NM_SOAK_HISTORY: changes of ${kind} were dropped`)
    if (event === undefined) return changes
    changes.push(event)
  }
}

/** Resolves when `wanted` finds something in the store; asked after each change of `kind`. Undefined after the signal. */
export async function whenStored<T>(
  store: Store,
  kind: string,
  signal: AbortSignal,
  wanted: () => T | undefined,
): Promise<T | undefined> {
  const { promise, resolve } = Promise.withResolvers<T | undefined>()
  const look = (): void => {
    const found = wanted()
    if (found !== undefined) resolve(found)
  }
  const onAbort = (): void => resolve(undefined)
  const unsubscribe = store.subscribe(kind, look)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  look()
  const found = await promise
  unsubscribe()
  signal.removeEventListener('abort', onAbort)
  return found
}

/** A condition as it stands in a stored Node. */
export interface StoredCondition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
  readonly lastTransitionTime: string
}

export function conditionsOf(node: ApiObject | undefined): readonly StoredCondition[] {
  const status = node?.status as { readonly conditions?: readonly StoredCondition[] } | undefined // of a Node
  return status?.conditions ?? []
}
