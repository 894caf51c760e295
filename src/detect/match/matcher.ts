/** The interface of the rule matcher, which `compile.ts` creates from a catalogue. */
import type { LogName } from '../../model/evidence.ts'
import type { Match } from '../../model/finding.ts'
import type { Tables } from './prefilter.ts'

export interface Matcher {
  /** The literals; every line that a rule can match contains at least one. */
  readonly tables: Tables
  /**
   * Matches the line `bytes[start, end)`, without framing; empty, without an allocation, for nearly every line of a
   * healthy machine. The text is UTF-8; other bytes never throw. Time is linear in the line's length. `origins` are
   * those of `LogLine`; rules with units or files require one of them.
   */
  matchBytes(bytes: Uint8Array, start: number, end: number, origins?: readonly string[]): readonly Match[]
  /** Like {@link matchBytes}, for a string. */
  matchText(text: string, origins?: readonly string[]): readonly Match[]
}

/** The matchers of one catalogue, one per log, each with the rules of that log only. */
export interface Matchers {
  /** Number of rules of all logs. */
  readonly rules: number
  /** Creates a log's matcher at the first call, so a machine without a journal does not pay for its rules. */
  of(log: LogName): Matcher
}
