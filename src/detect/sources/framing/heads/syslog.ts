/** Headers of syslog, in files, on the wire and in journals: priority and version, facility and level, host, program. */
import type { Peeling } from '../frame.ts'

const facilities = 'kern|user|mail|daemon|auth|syslog|lpr|news|uucp|cron|authpriv|ftp|ntp|security|console|local[0-7]'
const levels = 'emerg|alert|crit|critical|err|error|warn|warning|notice|info|debug|panic'

/** RFC 5424: priority, version, time, host, program, process id, message id, structured data. */
const rfc5424 =
  /^(?:\d{1,6} )?<(\d{1,3})>1 (\S{1,40}) (\S{1,255}) (\S{1,128}) (\S{1,128}) (\S{1,32}) (?:-|(?:\[[^\]]{0,1000}\])+) ?\ufeff?/
const facilityLevel = new RegExp(
  `^[[<(]?(${facilities})\\s{0,4}[.:]\\s?(${levels})\\s{0,4}[\\])>]{0,2}(?::\\s?|\\s+|$)`,
)
const levelAlone = new RegExp(
  `^[[<(]?(?:${levels})[\\])>]?\\s{0,4}(?::\\s|[\\])>]\\s|\\s(?=kernel[:[ ]|\\[\\s*\\d))`,
  'i',
)
const facilityAlone = /^\[?kern\]?: ?/
/** Up to four words in front; none of them may name a process, so none but the first ends with a colon. */
const relay = /kernel|vmunix|klogd|kmsg|netconsole/
const kernelTag =
  /^(?:([^\s"'`{}]{1,255}?):?\s+(?:[^\s:"'`{}]{1,64}\s+){0,3})??\(?(?:kernel|vmunix|klogd|kmsg|netconsole)(?:\[[\d-]{0,10}\])?\)?\s?:(?:\s|(?=[^\s:]))/
/** `journalctl -o with-unit` writes the unit, other tools a facility, in front of the name. */
const processWithId =
  /^(?:([^\s[\]`"']{1,255})\s+(?:[^\s:[\]]{1,64}\s+){0,2}?)??(?!systemd\[1\]: )([^\s:[\]{}"'`<>|,;]{1,128})(?:\[(\d{1,10}|n\/a)\](?::\s|\s-\s)|\((\d{1,10})\):\s)/
const hostOnly = /^([\w.:-]{1,255}?)(:?)\s+(?=\[\s{0,12}\d{1,10}\.\d{3,9}\]|<[0-7]>|\[\s{0,8}[TC]\d{1,10}\])/
const hostAndName = /^(([^\s"'{}]{1,255})\s+)([^\s:[\](){}"'=]{1,64}):\s+/
const nameOnly = /^([\w.-]{1,64}):\s+/
/** `pdsh`, `clush`, consoles: a host in front, which may as well be the message's own first word. */
const hostPrefix = /^([\w.@-]{1,64})(?::\s|>\s+)/

/** Kernel code prints these words in front of its messages, alone and in lower case, as programs do with their names. */
const kernelNames = new Set(
  'watchdog mce rcu perf traps mm audit clocksource tsc hrtimer sched workqueue printk swiotlb software hpet systemd-shutdown nfs nfsd lockd sunrpc ceph libceph rbd cgroup netfs loop md dmar iommu smpboot thermal cpu'.split(
    ' ',
  ),
)
const device = /\d|[A-Z]{2}|[/.#]/

/** The header at the start of the text, if one stands there. */
export function syslogHead(peeling: Peeling): boolean {
  return onTheWire(peeling) || facility(peeling) || kernelName(peeling) || processName(peeling) || host(peeling)
}

function onTheWire(peeling: Peeling): boolean {
  const found = peeling.text.includes('>1 ') ? rfc5424.exec(peeling.text) : null
  if (!found) return false
  const [whole, priority, time = '-', host = '-', program = '-', id = '-'] = found
  if (host !== '-') peeling.host = host
  const ms = Date.parse(time)
  if (time !== '-') peeling.at({ text: time, ...(!Number.isNaN(ms) && { ms }) })
  if (/^(?:kernel|kern|vmunix|klogd)$/.test(program)) peeling.byKernel()
  else if (program !== '-') peeling.byProcess(id === '-' ? program : `${program}[${id}]`)
  else if (Number(priority) >> 3 === 0) peeling.byKernel()
  return peeling.take(whole.length, 'RFC 5424 header')
}

function facility(peeling: Peeling): boolean {
  const both = facilityLevel.exec(peeling.text)
  if (both) {
    if (both[1] === 'kern') peeling.byKernel()
    peeling.stamped = true
    return peeling.take(both[0].length, 'facility and level')
  }
  const one = levelAlone.exec(peeling.text) ?? facilityAlone.exec(peeling.text)
  if (!one) return false
  peeling.stamped = true
  return peeling.takeSoftly(one[0].length, 'level')
}

function kernelName(peeling: Peeling): boolean {
  const found = relay.test(peeling.text) ? kernelTag.exec(peeling.text) : null
  if (!found) return false
  if (found[1] !== undefined) peeling.host = found[1]
  if (peeling.writer !== 'userspace') peeling.byKernel()
  return peeling.take(found[0].length, found[1] === undefined ? 'kernel:' : 'host and kernel:')
}

function processName(peeling: Peeling): boolean {
  const found = /\](?::\s| - )|\d\): /.test(peeling.text) ? processWithId.exec(peeling.text) : null
  if (!found) return false
  const [whole, host, name = '', id = found[4] ?? ''] = found
  // The kernel prints `comm[pid]: segfault at …` itself: only a header in front of it tells a program's line.
  if (peeling.stamped && peeling.writer === 'unknown') {
    if (host !== undefined) peeling.host = host
    peeling.byProcess(`${name}[${id}]`)
    return peeling.take(whole.length, 'host and process')
  }
  if (peeling.behindName !== undefined || host !== undefined || found[4] !== undefined) return false
  peeling.behindName = peeling.text.slice(whole.length)
  peeling.process = `${name}[${id}]`
  return false
}

function host(peeling: Peeling): boolean {
  const found = /[[<]/.test(peeling.text) ? hostOnly.exec(peeling.text) : null
  if (found) {
    peeling.host = found[1]
    return peeling.take(found[0].length, 'host')
  }
  return peeling.stamped && peeling.writer === 'unknown' && hostAndProgram(peeling)
}

/** A host in front of what no other layer explains. */
export function hostHead(peeling: Peeling): boolean {
  if (peeling.stamped || peeling.writer !== 'unknown') return false
  const alone = hostPrefix.exec(peeling.text)
  if (!alone || kernelNames.has(alone[1] ?? '') || peeling.host !== undefined || peeling.behindName !== undefined)
    return false
  peeling.host = alone[1]
  return peeling.takeSoftly(alone[0].length, 'host')
}

/** Behind a stamp: `HOST NAME: text` of a program, or `HOST text` of the kernel. Whether the name is the message's own is asked later. */
function hostAndProgram(peeling: Peeling): boolean {
  if (peeling.behindName !== undefined) return false
  const both = hostAndName.exec(peeling.text)
  const name = both?.[3] ?? ''
  if (both && !kernelNames.has(name) && !device.test(name)) {
    peeling.host = both[2]
    peeling.process = name
    peeling.behindName = peeling.text.slice(both[0].length)
    return peeling.takeSoftly((both[1] ?? '').length, 'host')
  }
  const alone = nameOnly.exec(peeling.text)
  if (alone && /^[a-z][a-z._-]*$/.test(alone[1] ?? '') && !kernelNames.has(alone[1] ?? '')) {
    peeling.behindName = peeling.text.slice(alone[0].length)
    peeling.process = alone[1]
  }
  return false
}
