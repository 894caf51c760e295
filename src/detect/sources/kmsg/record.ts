/**
 * The framing of /dev/kmsg (Documentation/ABI/testing/dev-kmsg): `priority,sequence,microseconds,flags[,more…];text\n`,
 * then dictionary lines that begin with a space. The parser works on bytes and one reused object, so that reading
 * allocates nothing.
 */

/**
 * The positions of the parts of one record. The object is reused for every record, so copy what must outlive the call.
 * {@link usecOf} reads the time stamp only when it is needed.
 */
export interface RecordView {
  /** Syslog facility × 8 + level. Facility 0 is the kernel; every other one is user space. */
  priority: number
  sequence: number
  /** Where the stamp begins; -1 when the record has none. */
  stampStart: number
  /** True when the record continues an earlier one: flag `c`, or `+` before Linux 4.9. */
  continued: boolean
  /** The text is `[textStart, textEnd)` of the parsed buffer. */
  textStart: number
  textEnd: number
}

/** Returns a view for {@link parseRecord} to fill. */
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
 * Parses the record at `bytes[start, end)` into `into`. Returns false, with `into` unspecified, when the framing is
 * invalid. One loop reads both numbers, because a second loop would be compiled while the log is already busy.
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
  // Nearly every record has only the flag `-`.
  into.continued = bytes[head - 1] !== dash && isContinued(bytes, at + 1, head)
  into.textStart = head + 1
  const stop = bytes.indexOf(newline, head + 1)
  into.textEnd = stop < 0 || stop > end ? end : stop
  return true
}

/** Returns the end of the record whose text contains `at`: after its dictionary, or `end` if that comes first. */
export function recordEnd(bytes: Uint8Array, at: number, end: number): number {
  let next = at
  do {
    const stop = bytes.indexOf(newline, next)
    next = stop < 0 || stop >= end ? end : stop + 1
  } while (next < end && bytes[next] === space)
  return next
}

/** Reads the flags field, which follows the stamp. Later fields such as `caller=…` may contain any letter. */
function isContinued(bytes: Uint8Array, stampStart: number, head: number): boolean {
  const flags = bytes.indexOf(comma, stampStart) + 1
  for (let at = flags; flags > 0 && at < head && bytes[at] !== comma; at++) {
    if (bytes[at] === letterC || bytes[at] === plus) return true
  }
  return false
}

/** Microseconds since boot by the scheduler's clock; NaN when the record has no stamp. */
export function usecOf(bytes: Uint8Array, record: RecordView): number {
  let value = Number.NaN
  if (record.stampStart < 0) return value
  for (let at = record.stampStart, byte = bytes[at] ?? 0; isDigit(byte); byte = bytes[++at] ?? 0) {
    value = (Number.isNaN(value) ? 0 : value) * 10 + (byte - 0x30)
  }
  return value
}

/** True when the kernel wrote the record. */
export function fromKernel(record: RecordView): boolean {
  return record.priority < 8
}
