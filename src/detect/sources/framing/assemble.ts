/**
 * Lines → messages, for logs in which a record goes over several lines: JSON over many lines, the export and verbose forms
 * of journalctl. Every line comes out once, in order, with the messages that stand in it.
 */

import { type Peeled, Peeling } from './frame.ts'
import { finish, peelAll } from './peel.ts'
import { FieldScanner } from './records/fields.ts'
import { holdsMessage } from './records/one-line.ts'
import { PairRecord } from './records/pairs.ts'
import { readRecord } from './records/record.ts'

/** Most text of one open record that is kept, characters. */
export const longestRecord = 1_048_576
/** Most lines of one open record. */
export const mostLines = 16_384

export interface ReadLine {
  /** From 1. */
  readonly line: number
  readonly text: string
  readonly messages: readonly Peeled[]
}

/** An object or a list that does not end in its line. */
const opening = /^[\s\x1e]*(?:data: )?[[{]\s*(?:["[{]|$)/

export class Assembler {
  readonly #onTooLong: (line: number) => void
  #line = 0
  #held: { line: number; text: string; messages: Peeled[] }[] = []
  #size = 0
  #scanner: FieldScanner | undefined
  #firstPiece = 0 // the line that was the scanner's first piece
  #pairs: PairRecord | undefined

  /** `onTooLong` is told the line at which a record became longer than {@link longestRecord} or has too many lines; its lines are read one by one. */
  constructor(onTooLong: (line: number) => void = () => undefined) {
    this.#onTooLong = onTooLong
  }

  /** Takes the next line. Returns the lines that are complete with it, in order. */
  take(text: string): readonly ReadLine[] {
    this.#line++
    if (this.#scanner) return this.#more(this.#scanner, text)
    if (this.#pairs) return this.#morePairs(this.#pairs, text)
    return this.#begin(text)
  }

  /** The log ends. */
  end(): readonly ReadLine[] {
    if (this.#scanner) {
      for (const record of this.#scanner.end()) this.#place(record)
      const found = this.#held.some(({ messages }) => messages.length > 0)
      return found ? this.#release() : this.#oneByOne()
    }
    if (this.#pairs) this.#settle(this.#pairs)
    return this.#release()
  }

  #begin(text: string): readonly ReadLine[] {
    const first = text.charCodeAt(0)
    const letter = first >= 0x61 && first <= 0x7a
    if (letter || (first === 0x5b && text.charCodeAt(1) === 0x20)) return [this.#plain(text)]
    if (PairRecord.begins(text)) {
      this.#pairs = new PairRecord(text, this.#line)
      this.#hold(text)
      return this.#decide(this.#pairs)
    }
    if (!opening.test(text)) return [this.#plain(text)]
    const scanner = new FieldScanner(holdsMessage)
    this.#firstPiece = this.#line
    this.#hold(text)
    const records = scanner.feed(text)
    if (!scanner.open || scanner.strange) return this.#oneByOne()
    this.#scanner = scanner
    for (const record of records) this.#place(record)
    return []
  }

  #plain(text: string): ReadLine {
    return { line: this.#line, text, messages: peelAll(text) }
  }

  #more(scanner: FieldScanner, text: string): readonly ReadLine[] {
    this.#hold(text)
    const records = scanner.feed(text)
    for (const record of records) this.#place(record)
    if (scanner.strange) return this.#oneByOne()
    if (!scanner.open) return this.#release()
    if (this.#isTooLong()) return this.#oneByOne()
    return records.length > 0 ? this.#release(1) : []
  }

  #place(record: ReturnType<FieldScanner['feed']>[number]): void {
    const peeling = new Peeling('')
    const message = readRecord(record, peeling, 'JSON')
    if (!message) return
    const at = this.#firstPiece + message.piece
    const held = this.#held.find(({ line }) => line === at) ?? this.#held[0]
    for (const text of peeling.text.split(/\r*\n\r*/)) held?.messages.push(...finish(peeling.with(text), 1))
  }

  #morePairs(pairs: PairRecord, text: string): readonly ReadLine[] {
    if (pairs.takes(text)) {
      this.#hold(text)
      return this.#isTooLong() ? this.#oneByOne() : this.#decide(pairs)
    }
    this.#settle(pairs)
    const before = this.#release()
    return [...before, ...this.#begin(text)]
  }

  /** As soon as message and writer are known: who follows a log wants it before the next record begins. */
  #decide(pairs: PairRecord): readonly ReadLine[] {
    if (pairs.complete) this.#settle(pairs)
    return pairs.settled ? this.#release(0, true) : []
  }

  #settle(pairs: PairRecord): void {
    if (pairs.settled) return
    const { line, messages } = pairs.settle()
    const held = this.#held.find((one) => one.line === line)
    held?.messages.push(...messages)
  }

  #isTooLong(): boolean {
    const tooLong = this.#size > longestRecord || this.#held.length > mostLines
    if (tooLong) this.#onTooLong(this.#line)
    return tooLong
  }

  #hold(text: string): void {
    this.#held.push({ line: this.#line, text, messages: [] })
    this.#size += text.length
  }

  /** Gives the held lines out, but the newest `keep`; the record goes on where some are kept, or where `open` says so. */
  #release(keep = 0, open = keep > 0): readonly ReadLine[] {
    const done = this.#held.splice(0, this.#held.length - keep)
    this.#size = this.#held.reduce((sum, { text }) => sum + text.length, 0)
    if (!open) {
      this.#scanner = undefined
      this.#pairs = undefined
    }
    return done
  }

  /** What was held is no record: each line stands for itself. */
  #oneByOne(): readonly ReadLine[] {
    return this.#release().map(({ line, text, messages }) => ({
      line,
      text,
      messages: messages.length > 0 ? messages : peelAll(text),
    }))
  }
}
