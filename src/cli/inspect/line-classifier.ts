/** Lines of a log → what each of them means, whatever framing they are in. */
import { Assembler, type ReadLine } from '../../detect/sources/framing/assemble.ts'
import type { Peeled } from '../../detect/sources/framing/frame.ts'
import { type Heard, hear, type Meanings } from '../../detect/sources/framing/hear.ts'
import { Wrapped } from '../../detect/sources/framing/wrapped.ts'
import type { Match } from '../../model/finding.ts'
import type { ServiceMeaning } from './service-lines.ts'

/** One meaning of a line, and the frame in which it stood. */
export interface LineMatch {
  readonly match: Match
  /** The message: the line itself, without its frame. */
  readonly text: string
  readonly peeled: Peeled
  readonly frame: 'known' | 'unknown'
}

export interface LineMeaning {
  /** From 1. */
  readonly line: number
  /** As it stands in the log. */
  readonly whole: string
  readonly matches: readonly LineMatch[]
}

/** What a log as a whole was like. */
export interface Tally {
  readonly lines: number
  readonly meaningful: number
  /** Lines without a meaning whose frame says that they are of a kernel log. */
  readonly framed: number
  /** Lines in front of whose message stands what no layer of framing explains. */
  readonly strange: number
  readonly firstStrange: number
  /** Lines in which a process says what would mean something in the kernel's mouth. */
  readonly quoted: number
  readonly firstQuoted: number
  readonly quotedBy: string | undefined
}

/** A time of the day (no PCI or MAC address) in a text without its known frames: there is one more. */
const leftover = /(?<![\da-f:])\d\d:\d\d:\d\d(?![\da-f:])|\[\s*\d{1,9}\.\d{3,9}\]/

export interface ClassifierOptions {
  /** What lines of services mean; absent: nothing. */
  readonly services?: ServiceMeaning
  /** Told a line at which a record is too long to be kept. */
  readonly onTooLong?: (line: number) => void
}

/** Reads one log, line by line. */
export class LineClassifier {
  readonly #meanings: Meanings<Match>
  readonly #services: ServiceMeaning
  readonly #assembler: Assembler
  readonly #wrapped = new Wrapped()
  readonly #tally = { lines: 0, meaningful: 0, framed: 0, strange: 0, firstStrange: 0, quoted: 0, firstQuoted: 0 }
  #quotedBy: string | undefined

  constructor(meanings: Meanings<Match>, { services = () => undefined, onTooLong }: ClassifierOptions = {}) {
    this.#meanings = meanings
    this.#services = services
    this.#assembler = new Assembler(onTooLong)
  }

  get tally(): Tally {
    return { ...this.#tally, quotedBy: this.#quotedBy }
  }

  /** Takes the next line. Returns every line whose meaning is known by now: its record is complete. */
  take(text: string): readonly LineMeaning[] {
    return this.#assembler.take(text).map((line) => this.#meaningOf(line))
  }

  /** The log ends. */
  end(): readonly LineMeaning[] {
    return this.#assembler.end().map((line) => this.#meaningOf(line))
  }

  #meaningOf({ line, text, messages }: ReadLine): LineMeaning {
    const tally = this.#tally
    tally.lines++
    const matches: LineMatch[] = []
    for (const peeled of messages) {
      const heard = this.#hear(text, peeled)
      const service = !heard || heard.quoted ? this.#services(text, peeled) : undefined
      if (service) matches.push({ match: service, text: peeled.text, peeled, frame: 'known' })
      else if (heard?.quoted) this.#quote(line, peeled)
      else if (heard) matches.push({ match: heard.meaning, text: heard.text, peeled, frame: heard.frame })
      if (heard?.frame === 'unknown' || (peeled.writer === 'unknown' && leftover.test(peeled.text.slice(0, 200)))) {
        if (tally.strange++ === 0) tally.firstStrange = line
      }
    }
    if (matches.length > 0) tally.meaningful++
    else if (messages.some(({ writer }) => writer === 'kernel' || writer === 'userspace')) tally.framed++
    return { line, whole: text, matches }
  }

  #hear(text: string, peeled: Peeled): Heard<Match> | undefined {
    const heard = hear(peeled, this.#meanings)
    if (!heard) return this.#joined(peeled)
    const by = this.#wrapped.quotes(text, peeled)
    if (by !== undefined) return { ...heard, quoted: true }
    this.#wrapped.begin(peeled, true)
    return heard
  }

  #joined(peeled: Peeled): Heard<Match> | undefined {
    const wrapped = this.#wrapped
    if (peeled.writer !== 'unknown' || peeled.stamp !== undefined) {
      wrapped.begin(peeled, false)
      return undefined
    }
    for (const text of wrapped.join(peeled)) {
      const meaning = this.#meanings.may(text) ? this.#meanings.of(text) : undefined
      if (meaning) {
        wrapped.begin(undefined, true)
        return { meaning, text, frame: 'known', quoted: false }
      }
    }
    return undefined
  }

  #quote(line: number, { process }: Peeled): void {
    if (this.#tally.quoted++ > 0) return
    this.#tally.firstQuoted = line
    this.#quotedBy = process
  }
}
