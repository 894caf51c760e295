/** Headers that the kernel's own tools print: raw records, uptime, caller, level (dmesg in all its forms). */
import type { Peeling } from '../frame.ts'

/** netconsole may put the release of the kernel in front. */
const rawRecord = /^(?:\d{1,2}\.\d{1,3}[\w.+~-]{0,60},)?(\d{1,5}),\d{1,20},(\d{1,20}),[^;,\s]{0,8}(?:,[^;]{0,80})?;/
const dictionary = /^ [A-Z][A-Z0-9_]{0,40}=/
/** Also with the time since the line before: `dmesg -d`, `journalctl -o short-delta`. Some consoles write no fraction width. */
const uptime = /^\[\s{0,12}(\d{1,10}\.\d{3,9})(?:\s{0,12}<[ +\d.]{1,24}>)?\]:?\s?/
const delta = /^\[\s{0,12}(?:<[ +\d.]{1,24}>|\+\d{1,10}\.\d{1,9})\]\s?/
const caller = /^\[\s{0,8}[TC]\d{1,10}\]\s?/
/** `dmesg -H` names the minute when it changes; the month is in the language of the machine. */
const minute = /^\[[\p{L}\p{M}.\d]{1,12} {0,2}\d{0,2} \d\d:\d\d\]\s/u
/** syslogd of Solaris and its heirs. */
const messageId = /^\[ID \d{1,9} kern\.\w{1,8}\]\s/
const priority = /^<(\d{1,4})>(?!1 (?:\d{4}-|-))\s?/

/** The header at the start of the text, if one stands there. */
export function kernelHead(peeling: Peeling): boolean {
  const { text } = peeling
  switch (text.charCodeAt(0)) {
    case 0x5b: // [
      return bracket(peeling)
    case 0x3c: // <
      return level(peeling)
    case 0x20:
      if (peeling.layers.length > 0 || !dictionary.test(text)) return false
      peeling.byKernel()
      return peeling.take(text.length, 'dictionary of a record')
    default:
      return raw(peeling)
  }
}

function raw(peeling: Peeling): boolean {
  const found = rawRecord.exec(peeling.text)
  if (!found) return false
  peeling.byKernel()
  if (Number(found[1]) >> 3 !== 0) peeling.writer = 'userspace'
  peeling.at({ text: found[2] ?? '', uptime: Number(found[2]) / 1e6 })
  return peeling.take(found[0].length, 'raw record')
}

function bracket(peeling: Peeling): boolean {
  const { text } = peeling
  const found = uptime.exec(text)
  if (found) {
    ofKernelsOwn(peeling)
    peeling.at({ text: peeling.stamp?.text ?? found[1] ?? '', uptime: Number(found[1]) })
    return peeling.take(found[0].length, 'uptime')
  }
  for (const [form, layer] of bracketed) {
    const other = form.exec(text)
    if (!other) continue
    ofKernelsOwn(peeling)
    return peeling.take(other[0].length, layer)
  }
  return false
}

const bracketed: readonly (readonly [RegExp, string])[] = [
  [caller, 'caller'],
  [delta, 'time since the line before'],
  [minute, 'dmesg -H stamp'],
  [messageId, 'message id'],
]

/** `dmesg -r` and consoles print the priority; behind it may stand the line of a syslog daemon. */
function level(peeling: Peeling): boolean {
  const found = priority.exec(peeling.text)
  if (!found) return false
  const facility = Number(found[1]) >> 3
  if (facility === 0) ofKernelsOwn(peeling)
  else if (peeling.writer === 'unknown') peeling.stamped = true
  return peeling.take(found[0].length, 'priority')
}

/** User space's records keep their mark when a stamp follows. */
function ofKernelsOwn(peeling: Peeling): void {
  if (peeling.writer !== 'userspace') peeling.byKernel()
  peeling.stamped = true
}
