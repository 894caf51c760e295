/** The words of whoever refused, fit for a record and a terminal. */
import { questioned } from '../../../model/shown.ts'

/** Most characters of a refuser's own words: enough for a webhook's sentence, and within the schema. */
const longestWords = 512

/** `text` in one line without characters that a terminal obeys, cut. */
export function wordsOf(text: string): string {
  const seen = questioned(text.slice(0, longestWords * 2), ' ').trim()
  return seen.length > longestWords ? `${seen.slice(0, longestWords - 1)}…` : seen
}
