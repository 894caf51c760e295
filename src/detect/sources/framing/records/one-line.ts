/** Records of keys and values within one line: JSON and the like, logfmt, `KEY=value`, label sets. */

import type { Peeling } from '../frame.ts'
import { unescapeString } from '../heads/escapes.ts'
import { type Field, type FieldRecord, FieldScanner } from './fields.ts'
import { messageField, readRecord } from './record.ts'

/** Where an object begins that is quoted like one, also behind words: `[0] kmsg: [1764000000.1, {"msg"=>"…`. */
const objectStart = /[[{]\s*["'{[]|^\s*["'][\w@.-]{1,64}["']\s*(?::|=>)\s*["'{[]/
const cutObject = /^\s*["'][\w@.-]{1,64}["']\s*(?::|=>)/
const labels = /^\{\s*[A-Za-z_]\w{0,63}\s*=\s*"/
const logfmtPair = /([A-Za-z_@][\w.@/-]{0,63})=(?:"([^"\\]*(?:\\[\s\S][^"\\]*)*)"|'([^']*)'|(\S*))(?:[ ,;]+|$)/y
const exported = /^MESSAGE=([\s\S]*)$/

/** The records at the start of the text, read and taken off; undefined when it is none. */
export function recordsAt(peeling: Peeling): readonly Peeling[] | undefined {
  const { text } = peeling
  if (labels.test(text)) return labelled(peeling)
  const whole = exported.exec(text)
  if (whole) return read([[{ key: 'MESSAGE', value: whole[1] ?? '', piece: 0 }]], peeling, 'journal export')
  return logfmt(peeling) ?? (objectStart.test(text) ? objects(peeling) : undefined)
}

/** The outer layers of a record are its own; what may have been the message's does not matter any more. */
function read(records: readonly FieldRecord[], peeling: Peeling, layer: string): readonly Peeling[] | undefined {
  const found = records.flatMap((fields) => {
    const one = peeling.with(peeling.text)
    return readRecord(fields, one, layer) ? [one] : []
  })
  return found.length === 0 ? undefined : found
}

function objects(peeling: Peeling): readonly Peeling[] | undefined {
  const start = objectStart.exec(peeling.text)?.index ?? 0
  const scanner = new FieldScanner(holdsMessage)
  const text = peeling.text.slice(start)
  const records = [...scanner.feed(cutObject.test(text) ? `{${text}` : text), ...scanner.end()]
  return read(records, peeling, 'JSON')
}

export const holdsMessage = (fields: readonly Field[]): boolean => messageField(fields) !== undefined

/** Loki: labels, and the line behind them. */
function labelled(peeling: Peeling): readonly Peeling[] | undefined {
  const end = peeling.text.indexOf('}')
  const rest = end < 0 ? '' : peeling.text.slice(end + 1).trim()
  if (rest === '') return undefined
  const scanner = new FieldScanner(holdsMessage)
  const [fields = []] = scanner.feed(peeling.text.slice(0, end + 1))
  return read([[{ key: 'message', value: rest, piece: 0 }, ...fields]], peeling, 'labels')
}

/** Pairs from the first one on; a message without quotes goes to the end of the line. */
function logfmt(peeling: Peeling): readonly Peeling[] | undefined {
  const { text } = peeling
  const fields: Field[] = []
  logfmtPair.lastIndex = 0
  for (let at = 0; ; at = logfmtPair.lastIndex) {
    const found = logfmtPair.exec(text)
    if (!found) break
    const [, key = '', double, single, bare] = found
    if (bare !== undefined && /^(?:msg|message|log|_raw|raw|line|text)$/i.test(key)) {
      fields.push({ key, value: text.slice(at + key.length + 1), piece: 0 })
      break
    }
    fields.push({ key, value: unescapeString(double ?? single ?? bare ?? ''), piece: 0 })
  }
  const message = messageField(fields)
  // A record of the audit subsystem, which prints what user space did.
  if (fields[0]?.key === 'type' && /^\d{4}$/.test(fields[0].value)) return undefined
  if (!message || (fields.length < 2 && message.value.length + message.key.length + 3 < text.length)) return undefined
  return read([fields], peeling, 'logfmt')
}
