/** One entry of `journalctl --output=json` (systemd's docs/JOURNAL_EXPORT_FORMATS.md): fields of any process, and some that journald attests. */

export interface JournalRecord {
  readonly text: string
  /** Where to go on behind it. */
  readonly cursor: string
  /** Unique within its boot and journal: the sequence number in the cursor. */
  readonly position: string
  readonly bootId: string
  /** Microseconds since boot by the monotonic clock. */
  readonly usec: number
  /** The unit that journald says wrote it; of systemd's own lines the unit that they are about. */
  readonly unit?: string
  /** `kernel`, `journal`, `stdout`, `syslog` … */
  readonly transport: string
}

/** Undefined for what is no entry. Fields are texts; one that is no UTF-8 is a list of bytes. */
export function parseRecord(line: string): JournalRecord | undefined {
  let entry: unknown
  try {
    entry = JSON.parse(line)
  } catch {
    return undefined
  }
  if (typeof entry !== 'object' || entry === null) return undefined
  const fields = entry as Record<string, unknown> // any object; each field is checked as it is read
  const cursor = textOf(fields.__CURSOR)
  const text = textOf(fields.MESSAGE)
  if (cursor === undefined || text === undefined) return undefined
  const unit = unitOf(fields)
  return {
    text,
    cursor,
    position: /(?:^|;)i=([\da-f]+)/.exec(cursor)?.[1] ?? cursor,
    bootId: textOf(fields._BOOT_ID) ?? '',
    usec: Number(textOf(fields.__MONOTONIC_TIMESTAMP) ?? Number.NaN),
    ...(unit !== undefined && { unit }),
    transport: textOf(fields._TRANSPORT) ?? '',
  }
}

/** Fields with `_` in front are journald's word; `UNIT` is the writer's, and counts from PID 1 alone. */
function unitOf(fields: Record<string, unknown>): string | undefined {
  const about = textOf(fields._PID) === '1' ? textOf(fields.UNIT) : undefined
  return about ?? textOf(fields._SYSTEMD_UNIT)
}

function textOf(field: unknown): string | undefined {
  if (typeof field === 'string') return field
  const isBytes = Array.isArray(field) && field.every((byte) => typeof byte === 'number')
  return isBytes ? Buffer.from(field as number[]).toString('utf8') : undefined // just checked
}
