/**
 * Kernel log text as people have it (raw /dev/kmsg, dmesg, dmesg -T, dmesg -x, syslog, journalctl short) → the text
 * that the kernel printed. The agent reads /dev/kmsg itself (kmsg/); this is for `classify`, replay and log files.
 */

export interface Framed {
  /** What the writer printed, without any header. */
  readonly text: string
  /**
   * `kernel`: the framing says so. `userspace`: a raw record of another facility, so somebody wrote it to /dev/kmsg.
   * `process`: a syslog line of a named process, which merely may quote the kernel. `unknown`: no framing tells.
   */
  readonly writer: 'kernel' | 'userspace' | 'process' | 'unknown'
}

const rawRecord = /^(\d{1,5}),\d+,\d+,[^;,\s]*(?:,[^;]*)?;/
const dictionary = /^ [A-Z][A-Z0-9_]*=/
const facilityLevel = /^[a-z0-9]+\s*:(?:emerg|alert|crit|err|warn|notice|info|debug)\s*: /
const classicStamp = /^[A-Z][a-z]{2}\s+\d{1,2} \d\d:\d\d:\d\d(?:\.\d+)? /
const isoStamp = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?\s+/
const kernelName = /^(?:\S+ )?kernel: ?/
const processName = /^\S+ [^\s:[\]]+(?:\[\d+\])?: /
const processWithPid = /^(?:\S+ )?[^\s:[\]]+\[\d+\]: /

/** Headers that only the kernel's own tools put in front: uptime, caller, `dmesg -T` stamp, level. */
const kernelHeaders = [
  /^<\d{1,4}>/,
  /^\[\s*\d+\.\d{3,}\]\s?/,
  /^\[\s*[TC]\d+\]\s?/,
  /^\[(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2}\s+\d{1,2} \d\d:\d\d:\d\d \d{4}\] /,
  /^\[[\d-]{10}T[\d:,.]+(?:Z|[+-]\d\d:?\d\d)?\] /,
  // `dmesg -H` and `-e`: a stamp when the minute changes, else the time since the line before.
  /^\[[A-Z][a-z]{2}\s*\d{1,2} \d\d:\d\d\] /,
  /^\[\s*\+\d+\.\d+\] /,
  facilityLevel,
  // `dmesg --time-format iso` writes a comma; syslog and journalctl write a point.
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d,\d+(?:Z|[+-]\d\d:?\d\d) /,
]

/** Takes the framing off one line. A line without framing comes back as it is. */
export function stripFraming(line: string): Framed {
  const raw = rawRecord.exec(line)
  if (raw) {
    const writer = Number(raw[1]) >> 3 === 0 ? 'kernel' : 'userspace'
    return { text: line.slice(raw[0].length), writer }
  }
  if (dictionary.test(line)) return { text: '', writer: 'kernel' }
  const peeled = peelKernelHeaders(line)
  if (peeled.length < line.length) return afterUptime(peeled)
  const classic = classicStamp.exec(line)
  if (classic) return afterSyslogStamp(line.slice(classic[0].length), processName)
  const iso = isoStamp.exec(line)
  if (iso) return afterSyslogStamp(line.slice(iso[0].length), processWithPid)
  const named = /^kernel: ?/.exec(line)
  return named ? afterUptime(peelKernelHeaders(line.slice(named[0].length))) : { text: line, writer: 'unknown' }
}

/** `journalctl -o short-monotonic` prints an uptime and then host and name. */
function afterUptime(text: string): Framed {
  const named = /^\S+ kernel: ?/.exec(text)
  return { text: named ? peelKernelHeaders(text.slice(named[0].length)) : text, writer: 'kernel' }
}

function afterSyslogStamp(rest: string, process: RegExp): Framed {
  const named = kernelName.exec(rest)
  if (named) return { text: peelKernelHeaders(rest.slice(named[0].length)), writer: 'kernel' }
  const other = process.exec(rest)
  if (other) return { text: rest.slice(other[0].length), writer: 'process' }
  return { text: peelKernelHeaders(rest), writer: 'unknown' }
}

function peelKernelHeaders(line: string): string {
  let text = line
  for (let before = -1; before !== text.length; ) {
    before = text.length
    for (const header of kernelHeaders) {
      const found = header.exec(text)
      if (found) text = text.slice(found[0].length)
    }
  }
  return text
}
