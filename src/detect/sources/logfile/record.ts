/**
 * One line of a log file: where its text begins, and when it was written. A container runtime puts the CRI's head in
 * front (kubelet's pkg/kubelet/kuberuntime/logs); all others write their own time.
 */

/** `2026-01-02T03:04:05.123456789Z stderr F `: time, stream, and `P` for a part of a line. */
const criHead = /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d) std(?:out|err) [FP] /
const longestHead = 64
/** The first time of RFC 3339 near the start: at the head, in `time="…"` or in `"ts":"…"`. */
const rfc3339 = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)/
/** The head of RFC 3164, which names neither year nor zone. */
const syslogHead = /^([A-Z][a-z]{2}) ([ \d]\d) (\d\d:\d\d:\d\d) /
const furthestStamp = 256
const dayMs = 86_400_000
const [two, hyphen] = [0x32, 0x2d]

/** Where the text begins behind the runtime's head. Looks at a few bytes only, because it is asked for every line. */
export function textStart(line: Buffer): number {
  if (line[0] !== two || line[4] !== hyphen) return 0
  return criHead.exec(line.toString('latin1', 0, longestHead))?.[0].length ?? 0
}

/** When the line was written, wall-clock milliseconds; NaN where it does not say. `now` decides a missing year. */
export function stampOf(line: Buffer, now: number): number {
  const text = line.toString('utf8', 0, furthestStamp)
  const stamp = rfc3339.exec(text)?.[0]
  return stamp === undefined ? syslogStamp(text, now) : Date.parse(stamp.replace(' ', 'T'))
}

/** The newest year in which the stamp is not in the future; UTC, as cloud images are set. */
function syslogStamp(text: string, now: number): number {
  const [, month, day, time] = syslogHead.exec(text) ?? []
  if (month === undefined) return Number.NaN
  const year = new Date(now).getUTCFullYear()
  const stamp = Date.parse(`${day?.trim()} ${month} ${year} ${time} UTC`)
  return stamp <= now + dayMs ? stamp : Date.parse(`${day?.trim()} ${month} ${year - 1} ${time} UTC`)
}
