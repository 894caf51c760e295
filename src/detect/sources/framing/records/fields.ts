/**
 * Records of keys and values, in JSON and in what looks like it (hashes of Ruby, dictionaries of Python, label sets),
 * whole or cut. The scanner is tolerant and takes a text in pieces: a record may go over many lines, and many records
 * may stand in one list.
 */
import { unescapeString } from '../heads/escapes.ts'

export interface Field {
  /** Keys from the outside in, joined by dots: `kubernetes.pod_name`. */
  readonly key: string
  readonly value: string
  /** Number of the piece in which the value stands, from 0. */
  readonly piece: number
}

/** One record: its own fields first, then what the objects around it say. */
export type FieldRecord = readonly Field[]

interface Level {
  readonly kind: 'object' | 'array'
  /** Under which key of the level around it this one stands. */
  readonly under: string
  readonly fields: Field[]
  key: string | undefined
  /** The value that was read last; a separator makes a key of it. */
  last: string | undefined
  lastPiece: number
  /** Records came out of it, so that it is only a wrapper. */
  wraps: boolean
}

/** Most levels and fields that are kept; what is deeper or more is read and forgotten. */
const deepest = 32
const mostFields = 400
/** Longest value that is kept, characters. */
const longestValue = 65_536

const token =
  /\s+|"([^"\\]*(?:\\[\s\S][^"\\]*)*)"|'([^'\\]*(?:\\[\s\S][^'\\]*)*)'|(=>|[{}[\],:=])|([^\s{}[\],:="']+)|(["'])/g
const bareword = /^(?:[-+.\w]{1,40}|true|false|null|nil|None|True|False|undefined)$/

export class FieldScanner {
  readonly #records: FieldRecord[] = []
  readonly #holdsMessage: (fields: readonly Field[]) => boolean
  readonly #levels: Level[] = []
  #piece = -1
  /** Text that no record holds: it is something else. */
  strange = false

  /** `holdsMessage` tells a list of records from a list inside of one. */
  constructor(holdsMessage: (fields: readonly Field[]) => boolean) {
    this.#holdsMessage = holdsMessage
  }

  /** True while a record has begun and not ended. */
  get open(): boolean {
    return this.#levels.length > 0
  }

  /** Reads one more piece. Returns the records that are complete with it. */
  feed(text: string): readonly FieldRecord[] {
    this.#piece++
    this.#records.length = 0
    for (const [, double, single, sign, word, torn] of text.matchAll(token)) {
      if (sign !== undefined) this.#sign(sign)
      else if (double !== undefined || single !== undefined) this.#value(unescapeString(double ?? single ?? ''))
      else if (word !== undefined) this.#word(word)
      else if (torn !== undefined) this.strange = true
    }
    return [...this.#records]
  }

  /** The text ends here: what is open counts as complete. */
  end(): readonly FieldRecord[] {
    this.#records.length = 0
    while (this.#levels.length > 0) this.#close()
    return [...this.#records]
  }

  #word(word: string): void {
    if (!bareword.test(word)) this.strange = true
    this.#value(word)
  }

  #value(value: string): void {
    const level = this.#levels.at(-1)
    if (!level) return
    level.last = value.length > longestValue ? value.slice(0, longestValue) : value
    level.lastPiece = this.#piece
  }

  #sign(sign: string): void {
    const level = this.#levels.at(-1)
    if (sign === '{' || sign === '[') this.#begin(sign)
    else if (!level) return
    else if (sign === '}' || sign === ']') this.#close()
    else if (sign === ',') this.#settle(level)
    else if (level.kind === 'object' && level.last !== undefined) {
      level.key = level.last
      level.last = undefined
    }
  }

  #begin(sign: string): void {
    if (this.#levels.length >= deepest) {
      this.strange = true
      return
    }
    const around = this.#levels.at(-1)
    const under = around?.key ?? (around?.kind === 'array' ? around.under : '')
    const kind = sign === '{' ? 'object' : 'array'
    this.#levels.push({ kind, under, fields: [], key: undefined, last: undefined, lastPiece: 0, wraps: false })
  }

  #settle(level: Level): void {
    if (level.last !== undefined && level.fields.length < mostFields) {
      const key = level.kind === 'array' ? level.under : (level.key ?? '')
      level.fields.push({ key, value: level.last, piece: level.lastPiece })
    }
    level.last = undefined
    level.key = undefined
  }

  #close(): void {
    const level = this.#levels.pop()
    if (!level) return
    this.#settle(level)
    const around = this.#levels.at(-1)
    if (around) around.key = undefined
    if (around?.kind === 'object') this.#merge(level, around)
    else if (level.kind === 'array' && isBytes(level)) around?.fields.push(...bytesOf(level))
    else if (around && isPair(level)) around.fields.push(pairOf(level))
    else this.#emit(level)
  }

  /** An object in an object says more about it; a list of lists or of objects has given its records already. */
  #merge(level: Level, around: Level): void {
    around.wraps ||= level.wraps
    const fields = isBytes(level) ? bytesOf(level) : level.fields
    for (const { key, value, piece } of fields) {
      if (around.fields.length >= mostFields) return
      const path = level.under === '' || key === level.under ? key || level.under : `${level.under}.${key}`
      around.fields.push({ key: path, value, piece })
    }
  }

  #emit(level: Level): void {
    if (level.wraps || level.fields.length === 0) return
    if (this.#levels.length > 0 && !this.#holdsMessage(level.fields)) return
    for (const one of this.#levels) one.wraps = true
    const outer = this.#levels.toReversed().flatMap(({ fields }) => fields)
    this.#records.push([...level.fields, ...outer])
  }
}

/** journald writes a message that holds escapes as a list of bytes. */
function isBytes(level: Level): boolean {
  return level.kind === 'array' && level.fields.length > 3 && level.fields.every(({ value }) => /^\d{1,3}$/.test(value))
}

function bytesOf(level: Level): readonly Field[] {
  const value = Buffer.from(level.fields.map((field) => Number(field.value))).toString('utf8')
  return [{ key: level.under, value, piece: level.fields[0]?.piece ?? 0 }]
}

/** `{"field": "@message", "value": "…"}`, `{"key": …, "value": {"stringValue": …}}`: one field, written as an object. */
function isPair(level: Level): boolean {
  const [name, value, more] = level.fields
  return (
    more === undefined && /^(?:field|key|name)$/i.test(name?.key ?? '') && /^value(?:\.\w+)?$/i.test(value?.key ?? '')
  )
}

function pairOf(level: Level): Field {
  const [name, value] = level.fields
  return { key: name?.value ?? '', value: value?.value ?? '', piece: value?.piece ?? 0 }
}
