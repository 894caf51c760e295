/**
 * The framing of /dev/kmsg (Documentation/ABI/testing/dev-kmsg): `priority,sequence,microseconds,flags[,more…];text\n`,
 * then dictionary lines that begin with a space. Parsed on bytes into one reused object: a healthy machine's log costs
 * no allocation.
 */

/** Where the parts of one record lie. Reused for every record: copy what must outlive the call. */
export interface RecordView {
  /** Syslog facility × 8 + level. Facility 0 is the kernel, anything else was written by user space. */
  priority: number
  sequence: number
  /** Microseconds since boot by the scheduler's clock. */
  usec: number
  /** The record goes on where an earlier one stopped: flag `c`, or `+` before Linux 4.9. */
  continued: boolean
  /** The text is `[textStart, textEnd)` of the buffer that was parsed. */
  textStart: number
  textEnd: number
}

/** A view to parse into. */
export function emptyRecord(): RecordView {
  return { priority: 0, sequence: 0, usec: 0, continued: false, textStart: 0, textEnd: 0 }
}

const comma = 0x2c
const semicolon = 0x3b
const newline = 0x0a
const letterC = 0x63
const plus = 0x2b

/** Parses the record at `bytes[start, end)` into `into`; false, and `into` unspecified, when it is not framed like one. */
export function parseRecord(bytes: Uint8Array, start: number, end: number, into: RecordView): boolean {
  let at = start
  let field = 0
  let value = 0
  for (; at < end; at++) {
    const byte = bytes[at] ?? 0
    if (byte >= 0x30 && byte <= 0x39) {
      value = value * 10 + (byte - 0x30)
    } else if (byte === comma) {
      if (field === 0) into.priority = value
      else if (field === 1) into.sequence = value
      else into.usec = value
      value = 0
      if (++field === 3) break
    } else {
      return false
    }
  }
  if (field !== 3) return false
  into.continued = false
  for (at++; at < end; at++) {
    const byte = bytes[at]
    if (byte === semicolon) break
    if (byte === newline) return false
    // Only the flags field itself counts: later fields (`caller=…`) may hold any letter.
    if (field === 3 && (byte === letterC || byte === plus)) into.continued = true
    if (byte === comma) field++
  }
  if (at >= end) return false
  into.textStart = at + 1
  const stop = bytes.indexOf(newline, at + 1)
  into.textEnd = stop < 0 || stop > end ? end : stop
  return true
}

/** True when the kernel itself wrote the record. */
export function fromKernel(record: RecordView): boolean {
  return record.priority < 8
}
