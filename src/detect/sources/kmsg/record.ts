/**
 * The framing of /dev/kmsg (Documentation/ABI/testing/dev-kmsg): `priority,sequence,microseconds,flags[,more…];text\n`,
 * then dictionary lines that begin with a space. Parsed on bytes into one reused object: a healthy machine's log costs
 * no allocation.
 */

/**
 * Where the parts of one record lie. Reused for every record: copy what must outlive the call. Only what every record
 * needs is read at once; its stamp is read when it means something, see {@link usecOf}.
 */
export interface RecordView {
  /** Syslog facility × 8 + level. Facility 0 is the kernel, anything else was written by user space. */
  priority: number
  sequence: number
  /** Where the stamp begins; -1 when there is none. */
  stampStart: number
  /** The record goes on where an earlier one stopped: flag `c`, or `+` before Linux 4.9. */
  continued: boolean
  /** The text is `[textStart, textEnd)` of the buffer that was parsed. */
  textStart: number
  textEnd: number
}

/** A view to parse into. */
export function emptyRecord(): RecordView {
  return { priority: 0, sequence: 0, stampStart: -1, continued: false, textStart: 0, textEnd: 0 }
}

const comma = 0x2c
const dash = 0x2d
const semicolon = 0x3b
const newline = 0x0a
const space = 0x20
const letterC = 0x63
const plus = 0x2b

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39

/**
 * Parses the record at `bytes[start, end)` into `into`; false, and `into` unspecified, when it is not framed like one.
 * One loop for both numbers: it is compiled while the log is already busy, and each loop more would be paid then.
 */
export function parseRecord(bytes: Uint8Array, start: number, end: number, into: RecordView): boolean {
  let value = -1 // no digit yet
  let priority = -1
  let at = start
  for (; at < end; at++) {
    const byte = bytes[at] as number // `at` is in range
    if (isDigit(byte)) value = (value < 0 ? 0 : value * 10) + (byte - 0x30)
    else if (byte !== comma || value < 0 || priority >= 0) break
    else {
      priority = value
      value = -1
    }
  }
  if (at >= end || bytes[at] !== comma || value < 0) return false
  into.priority = priority
  into.sequence = value
  into.stampStart = at + 1
  const head = bytes.indexOf(semicolon, at + 1)
  if (head < 0 || head >= end) return false
  // Nearly every record has the flag `-` and nothing behind it.
  into.continued = bytes[head - 1] !== dash && isContinued(bytes, at + 1, head)
  into.textStart = head + 1
  const stop = bytes.indexOf(newline, head + 1)
  into.textEnd = stop < 0 || stop > end ? end : stop
  return true
}

/** Where the record ends that `at` lies in the text of: behind its dictionary, or `end` when that comes first. */
export function recordEnd(bytes: Uint8Array, at: number, end: number): number {
  let next = at
  do {
    const stop = bytes.indexOf(newline, next)
    next = stop < 0 || stop >= end ? end : stop + 1
  } while (next < end && bytes[next] === space)
  return next
}

/** Reads the flags field, which follows the stamp; later fields (`caller=…`) may hold any letter. */
function isContinued(bytes: Uint8Array, stampStart: number, head: number): boolean {
  const flags = bytes.indexOf(comma, stampStart) + 1
  for (let at = flags; flags > 0 && at < head && bytes[at] !== comma; at++) {
    if (bytes[at] === letterC || bytes[at] === plus) return true
  }
  return false
}

/** The record's stamp, microseconds since boot by the scheduler's clock; NaN when it has none. */
export function usecOf(bytes: Uint8Array, record: RecordView): number {
  let value = Number.NaN
  if (record.stampStart < 0) return value
  for (let at = record.stampStart, byte = bytes[at] ?? 0; isDigit(byte); byte = bytes[++at] ?? 0) {
    value = (Number.isNaN(value) ? 0 : value) * 10 + (byte - 0x30)
  }
  return value
}

/** True when the kernel itself wrote the record. */
export function fromKernel(record: RecordView): boolean {
  return record.priority < 8
}
