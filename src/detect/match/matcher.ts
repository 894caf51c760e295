/** The interface of the rule matcher; `compile.ts` makes one from a catalogue. */
import type { LogName } from '../../model/evidence.ts'
import type { Match } from '../../model/finding.ts'
import type { Tables } from './prefilter.ts'

export interface Matcher {
  /** The literals of which one stands in every line that means something. */
  readonly tables: Tables
  /**
   * What the line `bytes[start, end)` means, without framing; empty for nearly every line of a healthy machine, and
   * then nothing is allocated. UTF-8; anything else is read as Latin-1-like garbage and never throws. Time is linear
   * in the line's length. `unit` is the unit that wrote it, where the log attests one: rules that name units want one.
   */
  matchBytes(bytes: Uint8Array, start: number, end: number, unit?: string): readonly Match[]
  /** The same for text. */
  matchText(text: string, unit?: string): readonly Match[]
}

/** The matchers of one catalogue. A line of a log is asked about by the rules of that log alone. */
export interface Matchers {
  /** How many rules all of them hold. */
  readonly rules: number
  /** Made at the first call: a machine without a journal never pays for its rules. */
  of(log: LogName): Matcher
}
