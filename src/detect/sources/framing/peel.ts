/**
 * Lines of logs as people have them → the text that the kernel printed, who wrote it, and when. Framing is known by its
 * structure, layer by layer, in any order: stamps of any form and language, headers of syslog, containers and tools, records
 * of keys and values, marks of editors, escapes. The agent reads /dev/kmsg itself (kmsg/); this is for logs in files.
 * How it decides: docs/explanation/framing.md.
 */

import { type Peeled, Peeling } from './frame.ts'
import { containerHead } from './heads/container.ts'
import { mayHoldColours, withoutColours, withoutHtml } from './heads/escapes.ts'
import { kernelHead } from './heads/kernel.ts'
import { markHead } from './heads/marks.ts'
import { stampAt } from './heads/stamp.ts'
import { hostHead, syslogHead } from './heads/syslog.ts'
import { quotes } from './quoting.ts'
import { recordsAt } from './records/one-line.ts'

/** Most layers that are taken off. */
const deepest = 24
/** Longest part of a line in which framing is looked for, characters; messages are not cut. */
const longestFramed = 1_048_576

const plainUptime = /^\[ {0,11}(\d{1,9}\.\d{6})\] /
/** A text that begins with a word, and in whose first words no other frame can begin. */
const plainText = /^[A-Za-z][^:[\x1b&<{]{0,48}(?:$|[[&<{]|:(?! ?(?:kernel|\d\d:\d\d)))/
const tagged = /kern|\{["'\\]|\]: |\\x1b|\x1b|&(?:lt|gt|quot|amp|#)|\[ *\d+\.\d|<\d|<br|<\/|\d:\d\d:\d\d/

/** Takes the framing off one line; the first message where a record holds several. */
export function peel(line: string): Peeled {
  return quickly(line) ?? (peelAll(line)[0] as Peeled) // a line gives at least one
}

/** Takes the framing off one line, which may be a record that holds many messages. */
export function peelAll(line: string): readonly Peeled[] {
  const quick = quickly(line)
  return quick ? [quick] : finish(new Peeling(line.slice(0, longestFramed)), 0)
}

/** Nearly every line of a kernel log is an uptime and a text. */
function quickly(line: string): Peeled | undefined {
  if (line.charCodeAt(0) !== 0x5b) return undefined
  const found = plainUptime.exec(line)
  if (!found) return undefined
  const text = line.slice(found[0].length)
  if (!plainText.test(text) || tagged.test(text)) return undefined
  const [, uptime = ''] = found
  return { text, shorter: [], writer: 'kernel', stamp: { text: uptime, uptime: Number(uptime) }, layers: ['uptime'] }
}

/** Peels what is left of a message, whose outer layers `peeling` knows already. */
export function finish(peeling: Peeling, depth: number): readonly Peeled[] {
  takeEscapes(peeling)
  let left = deepest
  while (left-- > 0 && peeling.text !== '' && oneLayer(peeling)) {
    if (peeling.writer === 'process' || isPlain(peeling)) return [peeling.done()]
  }
  const records = depth < 4 && peeling.writer !== 'process' ? recordsAt(peeling) : undefined
  if (records) return records.flatMap((one) => finishRecord(one, depth))
  return jump(peeling) ? finish(peeling, depth) : [peeling.done()]
}

/** A header of the kernel itself behind words that nothing explains: `pod shell [ 12.345678] text`. */
const ownHeader =
  /\[ {0,11}\d{1,9}\.\d{3,9}\][ :]|\[ {0,6}[TC]\d{1,10}\] |(?<=[\s>\]|])kernel: |<[0-7]>\[ {0,11}\d|<\d{1,3}>1 \d{4}-|(?<![\w:])\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d|(?<!\w)[A-Z][a-z]{2} [ 1-3]\d \d\d:\d\d:\d\d /
const mayJump = /\d\]|[TC]\d+\]|kernel: |>\[|>1 |\d:\d\d:\d\d/
const furthestHeader = 300
const jumped = 'unknown'

function jump(peeling: Peeling): boolean {
  if (!mayJump.test(peeling.text)) return false
  const found = ownHeader.exec(peeling.text.slice(0, furthestHeader))
  if (!found || found.index === 0 || peeling.writer === 'process' || quotes(peeling.text.slice(0, found.index)))
    return false
  return peeling.takeSoftly(found.index, jumped)
}

/** Most messages of the kernel are words, in which no other frame can begin. */
function isPlain({ writer, text }: Peeling): boolean {
  return writer === 'kernel' && plainText.test(text) && !tagged.test(text)
}

function finishRecord(peeling: Peeling, depth: number): readonly Peeled[] {
  if (peeling.writer === 'process') return [peeling.done()]
  if (!peeling.text.includes('\n')) return finish(peeling, depth + 1)
  // A field may hold a whole console log; a message of the kernel may hold a line break, too.
  return peeling.text.split(/\r*\n\r*/).flatMap((text) => finish(peeling.with(text), depth + 1))
}

function oneLayer(peeling: Peeling): boolean {
  return (
    kernelHead(peeling) ||
    containerHead(peeling) ||
    stampHead(peeling) ||
    syslogHead(peeling) ||
    markHead(peeling) ||
    hostHead(peeling)
  )
}

function stampHead(peeling: Peeling): boolean {
  const found = stampAt(peeling.text)
  if (!found) return false
  if (found.kernel && peeling.writer !== 'userspace') peeling.byKernel()
  peeling.at(found.stamp)
  peeling.stamped = true
  return (peeling.writer === 'kernel' && !found.kernel) || peeling.layers.at(-1) === jumped
    ? peeling.takeSoftly(found.length, 'stamp')
    : peeling.take(found.length, found.kernel ? 'dmesg stamp' : 'stamp')
}

function takeEscapes(peeling: Peeling): void {
  if (mayHoldColours(peeling.text)) replace(peeling, withoutColours(peeling.text), 'colours')
  // Within a record the fields are decoded, so that what they hold ends no string.
  if (/&[#a-z]|<\/|<br/i.test(peeling.text) && !/[[{]"|^\s*"[\w@.-]+" ?:/.test(peeling.text))
    replace(peeling, withoutHtml(peeling.text), 'HTML')
}

function replace(peeling: Peeling, text: string, layer: string): void {
  if (text !== peeling.text) peeling.replace(text, layer)
}
