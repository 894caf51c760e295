/** What a message means, wherever in its line the kernel's text begins. The peeler knows no rule: the caller is asked. */
import type { Peeled } from './frame.ts'
import { processTag, quotes } from './quoting.ts'

/** How the caller answers about texts. */
export interface Meanings<T> {
  /** Cheap: false when no part of `text` can mean anything. */
  may(text: string): boolean
  /** What `text` means as a whole message. */
  of(text: string): T | undefined
  /** Which of two meanings holds for one line: the lower rank. Equal for two meanings by the same rule. */
  rank(meaning: T): number
  /** How much a meaning tells, for two of the same rank: whether it has a device. */
  tells(meaning: T): number
}

export interface Heard<T> {
  readonly meaning: T
  /** The message from which it was read. */
  readonly text: string
  /** `known`: the frame said where the message begins. `unknown`: something else stands in front, and it was found. */
  readonly frame: 'known' | 'unknown'
  /** A process says it, so it means nothing. */
  readonly quoted: boolean
}

/** Most places in one line at which a message is looked for, and how far into the line. */
const mostStarts = 96
const furthestStart = 2048

/** What one message means; undefined for nearly every line. Linear in its length, with a bounded number of questions. */
export function hear<T>(peeled: Peeled, meanings: Meanings<T>): Heard<T> | undefined {
  const { text, shorter, writer } = peeled
  const barest = shorter[0] ?? text
  if (writer === 'kernel' || writer === 'userspace') {
    const found = earliest(peeled, meanings)
    return found ?? (odd.test(barest) && meanings.may(barest) ? anywhere(barest, meanings, true, true) : undefined)
  }
  if (!meanings.may(text)) return undefined
  if (writer === 'process') {
    const found = anywhere(text, meanings, false)
    return found && { ...found, quoted: true }
  }
  const first = earliest(peeled, meanings)
  if (first?.quoted || peeled.behindName !== undefined) return first
  const other = anywhere(barest, meanings, true) ?? (barest === text ? undefined : anywhere(text, meanings, true))
  if (!first || !other) return first ?? other
  return meanings.rank(other.meaning) < meanings.rank(first.meaning) ? other : first
}

/** The kernel begins with a word; something else may have been put in front of it. */
const odd = /^\S*[^\p{L}\s:,.]\S*\s/u
const words = /(?:^|\s)\p{L}+[:,.]?\s/u

function heard<T>(meaning: T | undefined, text: string, frame: 'known' | 'unknown'): Heard<T> | undefined {
  return meaning === undefined ? undefined : { meaning, text, frame, quoted: false }
}

function better<T>(one: T, other: T, { rank, tells }: Meanings<T>): boolean {
  return rank(one) < rank(other) || (rank(one) === rank(other) && tells(one) > tells(other))
}

/** The text and what may belong to it: the best rule decides, then the shortest text, which is the best peeled. */
function earliest<T>(peeled: Peeled, meanings: Meanings<T>): Heard<T> | undefined {
  let best: Heard<T> | undefined
  for (const text of [...peeled.shorter, peeled.text]) {
    const found = heard(meanings.of(text), text, 'known')
    if (found && (!best || better(found.meaning, best.meaning, meanings))) best = found
  }
  return best || peeled.behindName !== undefined ? unlessQuoted(peeled, best, meanings) : undefined
}

/** The name of a process in front of the meaning makes a quotation of it, unless nothing is meant without the name. */
function unlessQuoted<T>(peeled: Peeled, best: Heard<T> | undefined, meanings: Meanings<T>): Heard<T> | undefined {
  const { text, shorter } = peeled
  const tag = processTag(text)
  for (const behind of [peeled.behindName, behindTag(text), behindTag(shorter[0] ?? '')]) {
    const bare = behind !== undefined && meanings.may(behind) ? anywhere(behind, meanings, false) : undefined
    if (bare && !(best && meanings.rank(best.meaning) < meanings.rank(bare.meaning))) return { ...bare, quoted: true }
  }
  // Only a word that may be part of the name belongs to it: `Web Content[77]: `.
  if (!best || !tag || tag.index === 0 || /\p{L}+ $/u.test(text.slice(0, tag.index))) return best
  const own = meanings.of(text.slice(tag.index))
  return own !== undefined && meanings.rank(own) === meanings.rank(best.meaning)
    ? { meaning: own, text: text.slice(tag.index), frame: 'unknown', quoted: false }
    : best
}

function behindTag(text: string): string | undefined {
  const tag = processTag(text)
  return tag && text.slice(tag.index + tag.length)
}

/** `tag: `, `driver address: `: how a whole message begins. */
const head = /^[\w.[\]{}()/@<>#-]{1,64}(?: [\w.:()#/@-]{1,64}){0,3}: |^\[[\w:. []{1,80}\]{1,2} /
const start = /(?<![\w./\\-])[\w[{(]/g

/** The best meaning of any text that begins with a word of `text`. */
function anywhere<T>(text: string, meanings: Meanings<T>, behindAll: boolean, wordless = false): Heard<T> | undefined {
  const last = processTag(text)?.index ?? furthestStart
  let best: Heard<T> | undefined
  let asked = 0
  for (const found of text.slice(0, furthestStart + 1).matchAll(start)) {
    const at = found.index
    if (at > last || asked++ >= mostStarts) break
    if (at === 0 && behindAll) continue
    const from = text.slice(at)
    const prefix = text.slice(0, at)
    if (wordless && words.test(prefix)) break
    if (at > 0 && !mayBegin(prefix, from)) continue
    const message = withoutClosing(from, prefix)
    const meaning = meanings.of(message)
    if (meaning === undefined) continue
    if (!best || meanings.rank(meaning) < meanings.rank(best.meaning))
      best = { meaning, text: message, frame: at === 0 ? 'known' : 'unknown', quoted: false }
  }
  return best
}

/** Whether a message of its own may begin behind `prefix`: not within somebody's words, nor within a quotation of them. */
function mayBegin(prefix: string, text: string): boolean {
  return !quotes(prefix) && (!/(?:^|\s)\p{L}+,? $/u.test(prefix) || head.test(text))
}

/** A message in quotes ends with the last of them. */
function withoutClosing(text: string, prefix: string): string {
  const quote = prefix.at(-1) ?? ''
  if (!/["'`]/.test(quote)) return text
  const end = text.lastIndexOf(quote)
  return (end < 8 ? text : text.slice(0, end)).replaceAll(`\\${quote}`, quote).replaceAll(quote + quote, quote)
}
