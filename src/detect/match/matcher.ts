/** The interface of the rule matcher; `compile.ts` makes one from a catalogue. */
import type { Match } from '../../model/finding.ts'
import type { Tables } from './prefilter.ts'

export interface Matcher {
  /** How many rules it holds. */
  readonly rules: number
  /** The literals of which one stands in every line that means something. */
  readonly tables: Tables
  /**
   * What the line `bytes[start, end)` means, without framing; empty for nearly every line of a healthy machine, and
   * then nothing is allocated. UTF-8; anything else is read as Latin-1-like garbage and never throws. Time is linear
   * in the line's length.
   */
  matchBytes(bytes: Uint8Array, start: number, end: number): readonly Match[]
  /** The same for text. */
  matchText(text: string): readonly Match[]
}
