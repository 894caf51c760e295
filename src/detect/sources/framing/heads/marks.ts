/** What editors, mails, `grep`, `cat`, `pdsh` and tables put in front of a line that they show. */

import type { Peeling } from '../frame.ts'
import { unescapeString } from './escapes.ts'

const space = /^(?:[\s\0\ufeff\u200b]|\^M)+/
const quote = /^(?:[>»]\s?){1,8}/
const mark = /^(?:[-*+•‣◦–—·~$%]|#{1,6}|\/\/|--|\d{1,5}[.)]|\[[ xX]\])\s+/
/** Marks of `diff`: only where a header of the kernel follows. */
const changed = /^[-+ ](?=\[|<\d|\d+,\d+,)/
/** `grep -n`, its context lines, and `cat -n`. */
const numbered = /^(?:\d{1,8}[:-]\s?(?!\d\d?[:,-])|\d{1,8}(?:\t|\s{2})\s*)/
/** `FILE:`, `FILE:12:`, `FILE:12:34:`, also of rotated and compressed files. */
const file =
  /^(?!\d{1,3}\.\d{1,3}\.)(?:(?:[A-Za-z]:)?[\w.@+~%-]{0,120}[/\\][\w./\\@+~%-]{0,200}|[\w@+~%-]{1,80}\.(?:log|txt|gz|xz|out|err|\d{1,3})(?:\.\w{1,10}|-\d{8}){0,3}|[\w.-]{1,80}(?=:\d{1,8}:)|messages|syslog|dmesg)[:-](?:\d{1,8}[:-](?!\d\d-\d\d)(?:\d{1,5}:(?!\d\d:))?)?\s?/
/** `pdsh`, ansible, clush: a host, behind which a frame stands that is known. */
const quoted = /^(["'`“”‘’«])([\s\S]*)(["'`“”‘’»])[,;]?\s*$/
/** A field, not a quotation. */
const key = /^["'][\w@.-]{1,64}["']\s{0,8}(?::|=>)/
const row = /^((?:(?:"[^"]{0,120}"|[^",;]{0,120})[,;]){1,16})"((?:[^"]|"")*)"[,;]?\s*$/
const fence = /^(?:```\w{0,12}|~~~)\s*/
const border = /^[|│┃║](?!\|)/
const separator = /^[-|:,;=→»⇒/]{1,3}>?\s+/

/** The mark at the start of the text, if one stands there. */
export function markHead(peeling: Peeling): boolean {
  const { text } = peeling
  const blank = space.exec(text)
  if (blank) {
    peeling.text = text.slice(blank[0].length)
    return true
  }
  if (border.test(text)) return table(peeling)
  const found = quote.exec(text)
  if (found) return peeling.takeSoftly(found[0].length, 'quote')
  for (const [form, layer] of forms) {
    const other = form.exec(text)
    if (other) return peeling.takeSoftly(other[0].length, layer)
  }
  return columns(peeling) || inQuotes(peeling)
}

const forms: readonly (readonly [RegExp, string])[] = [
  [mark, 'list mark'],
  [changed, 'diff mark'],
  [numbered, 'line number'],
  [file, 'file name'],
  [fence, 'fence'],
  [separator, 'separator'],
]

function inQuotes(peeling: Peeling): boolean {
  const found = quoted.exec(peeling.text)
  if (!found || (found[2] ?? '').length < 8 || key.test(peeling.text)) return false
  const inside = (found[2] ?? '').trimEnd()
  const plain = inside.includes('""') ? inside.replaceAll('""', '"') : unescapeString(inside)
  return peeling.replaceSoftly(found[1] === '"' ? plain : inside, 'quotes')
}

/** CSV with the message in quotes. */
function columns(peeling: Peeling): boolean {
  const found = /[,;]"/.test(peeling.text) ? row.exec(peeling.text) : null
  if (!found) return false
  const [, cells = '', message = ''] = found
  readCells(
    cells.split(/[,;]/).map((cell) => cell.replace(/^"|"$/g, '')),
    peeling,
  )
  return peeling.replaceSoftly(message.replaceAll('""', '"'), 'CSV')
}

const writer = /^(?:(kernel|kern)|([\w./@-]{1,80}\[\d{1,10}\])):?$/

/** A cell that is a name of its own says who wrote the row. */
function readCells(cells: readonly string[], peeling: Peeling): void {
  for (const cell of cells) {
    const [, kernel, process] = writer.exec(cell) ?? []
    if (kernel !== undefined) peeling.byKernel()
    else if (process !== undefined) peeling.byProcess(process)
  }
  peeling.stamped = true
}

/** A row of a table: the longest cell is the message. */
function table(peeling: Peeling): boolean {
  const inner = peeling.text.replace(/^[|│┃║]\s?/, '').replace(/\s*[|│┃║]\s*$/, '')
  const cells = inner.split(/\s[|│┃║]\s/).map((cell) => cell.trim())
  const longest = cells.reduce((best, cell) => (cell.length > best.length && !writer.test(cell) ? cell : best), '')
  if (longest === '') return false
  if (cells.length === 1) return peeling.replaceSoftly(inner, 'table border')
  readCells(
    cells.filter((cell) => cell !== longest),
    peeling,
  )
  peeling.replaceSoftly(inner, 'table border')
  return peeling.replaceSoftly(longest, 'cell')
}
