/** One record of `journalctl -o export` or `-o verbose`: a line for each field. */

import { type Peeled, Peeling } from '../frame.ts'
import { stampAt } from '../heads/stamp.ts'
import { finish } from '../peel.ts'
import type { Field } from './fields.ts'
import { readRecord } from './record.ts'

const verboseHead = /^\S.{8,80} \[s=[\da-f]{8,32};i=[\da-f]{1,16};/
const known = /^(?: {4})?(?:__?[A-Z][A-Z0-9_]{1,60}|PRIORITY|SYSLOG_[A-Z_]{1,40}|MESSAGE)=/
const pair = /^(?: {4})?([A-Z_][A-Z0-9_]{0,63})=([\s\S]*)$/
/** A field that is no plain text: its length in eight bytes and its bytes follow in the next line. */
const binary = /^([A-Z_][A-Z0-9_]{0,63})$/
const writerKeys = /^(?:_TRANSPORT|SYSLOG_IDENTIFIER)$/

export class PairRecord {
  readonly #fields: Field[] = []
  readonly #head: string | undefined
  #line: number
  #pending: string | undefined
  settled = false

  static begins(text: string): boolean {
    return known.test(text) || verboseHead.test(text)
  }

  constructor(text: string, line: number) {
    this.#line = line
    if (verboseHead.test(text)) this.#head = text
    else this.#add(text)
  }

  /** Whether message and writer are known. */
  get complete(): boolean {
    return this.#fields.some(({ key }) => key === 'MESSAGE') && this.#fields.some(({ key }) => writerKeys.test(key))
  }

  /** Takes the next line, if it belongs to the record. */
  takes(text: string): boolean {
    this.#line++
    if (text === '' || verboseHead.test(text)) return false
    if (/^__CURSOR=/.test(text) && this.#fields.length > 0) return false
    if (this.#pending !== undefined) {
      this.#fields.push({ key: this.#pending, value: text.slice(text.lastIndexOf('\0') + 1), piece: this.#line })
      this.#pending = undefined
      return true
    }
    return this.#add(text) || this.#continues(text)
  }

  #add(text: string): boolean {
    const [, key = '', value = ''] = pair.exec(text) ?? []
    if (key !== '') this.#fields.push({ key, value, piece: this.#line })
    else this.#pending = binary.exec(text)?.[1]
    return key !== '' || this.#pending !== undefined
  }

  /** A value over several lines is indented under its beginning. */
  #continues(text: string): boolean {
    const last = this.#fields.at(-1)
    if (!last || !/^\s{5}/.test(text) || last.value.length > 65_536) return false
    this.#fields[this.#fields.length - 1] = { ...last, value: `${last.value}\n${text.trim()}` }
    return true
  }

  settle(): { readonly line: number; readonly messages: readonly Peeled[] } {
    this.settled = true
    const peeling = new Peeling('')
    const found = this.#head === undefined ? undefined : stampAt(this.#head)
    if (found) peeling.at(found.stamp)
    const message = readRecord(this.#fields, peeling, this.#head === undefined ? 'journal export' : 'journal verbose')
    if (!message) return { line: this.#line, messages: [] }
    const texts = peeling.text.split(/\r*\n\r*/)
    return { line: message.piece, messages: texts.flatMap((text) => finish(peeling.with(text), 1)) }
  }
}
