/**
 * Watches. Each holds a position in the store's history, so that a slow reader costs one number. A reader whose position
 * left the history gets 410 and must list again.
 */
import type { Cancel } from '../telemetry/clock.ts'
import type { Cluster } from './cluster.ts'
import { ApiFailure, badRequest, expired, forbiddenField, invalid } from './failure.ts'
import type { ApiObject, JsonObject } from './json.ts'
import { builtinKind, groupVersion, type ServedKind, storageKey } from './kinds.ts'
import { parseRevision, type Selection } from './list.ts'
import type { StoreEvent } from './store.ts'

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: JsonObject
}

/** The receiver of a watch's events. */
export interface WatchReader {
  /** Takes one event; false means "no more until `onDrain`". */
  send(event: WatchEvent): boolean
  onDrain(run: () => void): void
  end(): void
}

const bookmarkEveryMs = 60_000
const defaultTimeoutMs = 45 * 60_000
const initialEventsEnd = 'k8s.io/initial-events-end'

export interface WatchRequest {
  readonly selection: Selection
  /** Events after this revision; undefined sends the present state first. */
  readonly from: number | undefined
  readonly bookmarks: boolean
  /** A marked bookmark follows the present state (`sendInitialEvents`). */
  readonly markInitial: boolean
  readonly timeoutMs: number
}

/** Reads a watch's query. Throws 400 or 422. */
export function watchRequest(selection: Selection, query: URLSearchParams): WatchRequest {
  const asked = query.get('resourceVersion') ?? ''
  const initial = query.get('sendInitialEvents')
  const seconds = Number(query.get('timeoutSeconds') ?? 0)
  const match = query.get('resourceVersionMatch') ?? ''
  if (initial !== null && match !== 'NotOlderThan') {
    throw refuse('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan')
  }
  if (initial === null && match !== '') {
    throw refuse('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided')
  }
  const revision = watchRevision(asked)
  const wantsState = initial === 'true' || (initial === null && revision === 0)
  if (query.get('continue')) throw badRequest('continue is not allowed when watching')
  return {
    selection,
    from: wantsState ? undefined : revision,
    bookmarks: isTrue(query.get('allowWatchBookmarks')),
    markInitial: initial === 'true',
    timeoutMs: seconds > 0 ? seconds * 1000 : defaultTimeoutMs,
  }
}

function refuse(detail: string): ApiFailure {
  return invalid({ group: 'meta.k8s.io', plural: '', kind: 'ListOptions' }, '', [
    forbiddenField('resourceVersionMatch', detail),
  ])
}

/** Throws 500 for a malformed revision, as the real server does on a watch; on a list it is a 400. */
function watchRevision(text: string): number {
  try {
    return parseRevision(text)
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error
    throw new ApiFailure(500, '', error.message.replace('invalid resource version: ', ''))
  }
}

export function isTrue(text: string | null): boolean {
  return text === 'true' || text === '1'
}

/** One running watch; ends by itself at its timeout, by the reader or by `stop`. */
export class Watch {
  readonly #cluster: Cluster
  readonly #request: WatchRequest
  readonly #reader: WatchReader
  readonly #key: string
  readonly #cancels: (() => void)[] = []
  #position: number
  #sentRevision: number
  #waiting = false
  #ended = false
  #bookmark: Cancel = () => {}

  constructor(cluster: Cluster, request: WatchRequest, reader: WatchReader) {
    this.#cluster = cluster
    this.#request = request
    this.#reader = reader
    this.#key = storageKey(request.selection.kind)
    this.#position = cluster.store.end(this.#key)
    this.#sentRevision = cluster.store.revision
  }

  /** Sends the events so far and later ones; call it once. */
  start(): void {
    const { store, clock } = this.#cluster
    const { from, timeoutMs } = this.#request
    if (from !== undefined) {
      const position = from > store.revision ? store.end(this.#key) : store.positionAfter(this.#key, from)
      if (position === undefined) {
        this.#fail(from)
        return
      }
      this.#position = position
      this.#sentRevision = from
    }
    this.#cancels.push(store.subscribe(this.#key, () => this.#pump()))
    this.#cancels.push(clock.after(timeoutMs, () => this.#finish()))
    this.#endWithDefinition()
    if (this.#request.bookmarks) this.#scheduleBookmark()
    if (from === undefined) this.#sendState()
    this.#pump()
  }

  /** Ends the watches of a deleted definition, as the real server does a second later; a new watch gets 404. */
  #endWithDefinition(): void {
    const { custom } = this.#request.selection.kind
    if (!custom) return
    const { store } = this.#cluster
    const definitions = storageKey(builtinKind('customresourcedefinitions'))
    const look = (): void => {
      if (!store.get(definitions, `/${custom.definition}`)) this.#finish()
    }
    this.#cancels.push(store.subscribe(definitions, look))
  }

  stop(): void {
    this.#ended = true
    this.#bookmark()
    for (const cancel of this.#cancels.splice(0)) cancel()
  }

  #sendState(): void {
    const { selection, markInitial } = this.#request
    const state = this.#cluster.store.list(this.#key, selection.namespace).filter(selection.matches)
    const revision = this.#cluster.store.revision
    let index = 0
    const step = (): void => {
      this.#waiting = false
      while (index < state.length && !this.#ended) {
        const object = state[index++]
        if (object && !this.#send({ type: 'ADDED', object })) {
          this.#resume(step)
          return
        }
      }
      if (markInitial) this.#sendBookmark(revision, { [initialEventsEnd]: 'true' })
      this.#pump()
    }
    step()
  }

  #resume(run: () => void): void {
    this.#waiting = true
    this.#reader.onDrain(run)
  }

  #pump(): void {
    if (this.#waiting || this.#ended) return
    const { store } = this.#cluster
    for (;;) {
      const event = store.eventAt(this.#key, this.#position)
      if (event === undefined) return
      if (event === 'dropped') {
        this.#fail(this.#sentRevision)
        return
      }
      this.#position++
      const sent = visibleEvent(event, this.#request.selection)
      this.#sentRevision = event.revision
      if (sent && !this.#send(sent)) {
        this.#resume(() => {
          this.#waiting = false
          this.#pump()
        })
        return
      }
    }
  }

  #send(event: WatchEvent): boolean {
    return this.#ended || this.#reader.send(event)
  }

  /** A bookmark carries the watch's revision, so that a watch without events can resume from a recent one. */
  #sendBookmark(revision: number, annotations?: JsonObject): void {
    this.#send({ type: 'BOOKMARK', object: bookmarkObject(this.#request.selection.kind, revision, annotations) })
  }

  #scheduleBookmark(): void {
    this.#bookmark = this.#cluster.clock.after(bookmarkEveryMs, () => {
      if (!this.#waiting) this.#sendBookmark(this.#cluster.store.revision)
      this.#scheduleBookmark()
    })
  }

  #finish(): void {
    if (this.#request.bookmarks && !this.#waiting) this.#sendBookmark(this.#cluster.store.revision)
    this.stop()
    this.#reader.end()
  }

  #fail(asked: number): void {
    const oldest = this.#cluster.store.oldest(this.#key)
    const { status } = expired(`too old resource version: ${asked} (${oldest})`)
    this.#send({ type: 'ERROR', object: status })
    this.stop()
    this.#reader.end()
  }
}

function bookmarkObject(kind: ServedKind, revision: number, annotations?: JsonObject): JsonObject {
  const metadata = { resourceVersion: String(revision), ...(annotations ? { annotations } : {}) }
  return { kind: kind.kind, apiVersion: groupVersion(kind), metadata }
}

/** A change as a watch with a selector sees it: an object that stops matching is deleted for that watch. */
export function visibleEvent(event: StoreEvent, selection: Selection): WatchEvent | undefined {
  const { object, previous } = event
  const was = previous !== undefined && selection.matches(previous)
  const is = event.type !== 'DELETED' && selection.matches(object)
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', object }
  if (!was) return undefined
  return { type: 'DELETED', object: event.type === 'DELETED' ? object : withRevision(previous, object) }
}

/** The last state that matched, with the revision of the change that ended the match. */
function withRevision(previous: ApiObject, now: ApiObject): ApiObject {
  const { resourceVersion } = now.metadata
  return {
    ...previous,
    metadata: { ...previous.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
  }
}
