/** The words of whoever refused, fit for a record and a terminal. */

/** Most characters of a refuser's own words: enough for a webhook's sentence, and within the schema. */
const longestWords = 512
/** Controls, marks of direction, separators of lines and other characters that cannot be seen. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]+/gu

/** `text` in one line without characters that a terminal obeys, cut. */
export function wordsOf(text: string): string {
  const seen = text
    .slice(0, longestWords * 2)
    .replace(unseen, ' ')
    .trim()
  return seen.length > longestWords ? `${seen.slice(0, longestWords - 1)}…` : seen
}
