/** Records that are in memory already, as a log that ends. */
import type { KmsgReader, ReadOutcome } from './reader.ts'
import { parseRecord, type RecordView } from './record.ts'

const newline = 0x0a

/** Reads `records`, each ended by a newline. */
export function openRecorded(records: Uint8Array): KmsgReader {
  let at = 0
  return {
    consecutive: true,
    passed: 0,
    buffer: records,
    next(into: RecordView): ReadOutcome {
      const end = records.indexOf(newline, at)
      if (end < 0) return 'nothing'
      const start = at
      at = end + 1
      return parseRecord(records, start, end, into) ? 'record' : 'skipped'
    },
    wake: () => new Promise(() => undefined),
    close: () => undefined,
  }
}
