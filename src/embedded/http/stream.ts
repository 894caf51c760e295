/** A watch as a stream of JSON lines, with the reader's back-pressure passed on. */
import type { Cluster } from '../cluster.ts'
import type { ApiObject, JsonObject } from '../json.ts'
import { inVersion } from '../prepare.ts'
import { asMetadata, asTable } from '../table/table.ts'
import { Watch, type WatchEvent, type WatchReader } from '../watch.ts'
import type { ApiRequest, WatchAnswer } from './handle.ts'
import { textOf } from './object-text.ts'

/** Where the lines of a watch go: an HTTP response, or a reader in this process. */
export interface LineSink {
  /** False means "no more until `drain`". */
  write(line: string): boolean
  once(event: 'drain', run: () => void): unknown
  end(): unknown
  readonly writableEnded: boolean
}

/** Starts the watch; returns a function that ends it. */
export function streamWatch(cluster: Cluster, call: ApiRequest, answer: WatchAnswer, response: LineSink): () => void {
  let firstTable = true
  const objectText = (event: WatchEvent): string => {
    if (event.type === 'ERROR') return textOf(event.object)
    if (call.form === 'object') return textOf(inVersion(call.route.kind, event.object as ApiObject))
    const object = event.object as ApiObject // every event but ERROR carries an object or a bookmark of one
    if (call.form === 'metadata') return JSON.stringify(asMetadata(object))
    const table = tableEvent(cluster, call, answer, object, event.type === 'BOOKMARK')
    const columns = firstTable && event.type !== 'BOOKMARK'
    if (columns) firstTable = false
    return JSON.stringify(columns ? table : { ...table, columnDefinitions: null })
  }
  const reader: WatchReader = {
    send: (event) => response.write(`{"type":"${event.type}","object":${objectText(event)}}\n`),
    onDrain: (run) => void response.once('drain', run),
    end: () => void response.end(),
  }
  const watch = new Watch(cluster, answer.watch, reader)
  watch.start()
  return () => {
    watch.stop()
    if (!response.writableEnded) response.end()
  }
}

function tableEvent(
  cluster: Cluster,
  call: ApiRequest,
  answer: WatchAnswer,
  object: ApiObject,
  bookmark: boolean,
): JsonObject {
  const listMeta: JsonObject = { resourceVersion: object.metadata.resourceVersion }
  const options = { include: answer.include, nowMs: cluster.clock.now(), listMeta }
  return asTable(call.route.kind, bookmark ? [] : [object], options)
}
