/**
 * One entry of `journalctl --output=json` (systemd's docs/JOURNAL_EXPORT_FORMATS.md). Any process can set its fields,
 * except those that journald attests.
 */

export interface JournalRecord {
  readonly text: string
  /** Where to resume after this entry. */
  readonly cursor: string
  /** The sequence number in the cursor, unique within its boot and journal. */
  readonly position: string
  readonly bootId: string
  /** Microseconds since boot by the monotonic clock. */
  readonly usec: number
  /**
   * The unit that wrote the line, attested by journald. For lines of systemd itself, first the unit that they are about,
   * then `init.scope`.
   */
  readonly units: readonly string[]
  /** `kernel`, `journal`, `stdout`, `syslog` … */
  readonly transport: string
  /** Of a kernel line, whether the kernel wrote it; false: a program did, through /dev/kmsg. */
  readonly fromKernel: boolean
}

/**
 * Returns undefined for anything but an entry. Fields are strings; journald writes a field that is not UTF-8 as a list
 * of bytes.
 */
export function parseRecord(line: string): JournalRecord | undefined {
  let entry: unknown
  try {
    entry = JSON.parse(line)
  } catch {
    return undefined
  }
  if (typeof entry !== 'object' || entry === null) return undefined
  const fields = entry as Record<string, unknown> // each field is checked when it is read
  const cursor = textOf(fields.__CURSOR)
  const message = textOf(fields.MESSAGE)
  if (cursor === undefined || message === undefined) return undefined
  const transport = textOf(fields._TRANSPORT) ?? ''
  const fromKernel = transport === 'kernel' && textOf(fields.SYSLOG_FACILITY) === '0'
  return {
    text: transport === 'kernel' && !fromKernel ? wholeText(fields, message) : message,
    cursor,
    position: /(?:^|;)i=([\da-f]+)/.exec(cursor)?.[1] ?? cursor,
    bootId: textOf(fields._BOOT_ID) ?? '',
    usec: Number(textOf(fields._SOURCE_MONOTONIC_TIMESTAMP) ?? textOf(fields.__MONOTONIC_TIMESTAMP) ?? Number.NaN),
    units: unitsOf(fields),
    transport,
    fromKernel,
  }
}

/** Of a line that a program wrote to /dev/kmsg, journald takes a leading `NAME[PID]: ` off (journald-kmsg.c). */
function wholeText(fields: Record<string, unknown>, message: string): string {
  const name = textOf(fields.SYSLOG_IDENTIFIER)
  if (name === undefined) return message
  const pid = textOf(fields.SYSLOG_PID)
  return `${name}${pid === undefined ? '' : `[${pid}]`}: ${message}`
}

/** journald sets fields with a leading `_`. The writer sets `UNIT`, so it counts only from PID 1. */
function unitsOf(fields: Record<string, unknown>): readonly string[] {
  const about = textOf(fields._PID) === '1' ? textOf(fields.UNIT) : undefined
  return [about, textOf(fields._SYSTEMD_UNIT)].filter((unit) => unit !== undefined)
}

function textOf(field: unknown): string | undefined {
  if (typeof field === 'string') return field
  const isBytes = Array.isArray(field) && field.every((byte) => typeof byte === 'number')
  return isBytes ? Buffer.from(field as number[]).toString('utf8') : undefined // checked above
}
