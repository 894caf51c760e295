/** Text that is fit for a terminal. What comes from the API or a log may hold anything, and a terminal obeys what it holds. */

declare const brand: unique symbol
/** One line without characters that a terminal obeys, and of bounded length: only {@link shown} and {@link shownText} make it. */
export type Shown = string & { readonly [brand]: true }

/** Most characters of one value that somebody else wrote. */
export const longestValue = 256

/** Controls, marks of direction and other characters without a width, separators of lines, halves of pairs, private ones. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu
const unseenRuns = new RegExp(`${unseen.source}+`, 'gu')

/** `text` with `mark` for every run of characters that cannot be seen: for texts that stay plain strings. */
export function questioned(text: string, mark = '?'): string {
  return text.replace(unseenRuns, mark)
}

/**
 * `text` in one line: a break or a tab becomes a blank, every other character that cannot be seen its number (`\x1b`, `\u202e`).
 * Cut to `most` characters, `…` included.
 */
export function shownText(text: string, most = longestValue): Shown {
  // An escape is at most ten characters for one or two: what is behind twice the length cannot be in the answer.
  const start = text.slice(0, most * 2 + 1)
  const seen = start.replace(/[\t\n\v\f\r\u2028\u2029]+/g, ' ').replace(unseen, escaped)
  const characters = [...seen]
  const whole = start.length === text.length && characters.length <= most
  return (whole ? seen : `${characters.slice(0, most - 1).join('')}…`) as Shown // made so here
}

/** A template whose literal text is ours: each value in it goes through {@link shownText}. */
export function shown(literals: TemplateStringsArray, ...values: readonly (string | number)[]): Shown {
  const parts = literals.map(
    (literal, index) => `${literal}${index < values.length ? shownText(`${values[index]}`) : ''}`,
  )
  return parts.join('') as Shown // our own text, and values made so
}

/** Joins what is shown already. */
export function joinShown(parts: readonly Shown[], between: string): Shown {
  return parts.join(between) as Shown // nothing is added but our own text
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0
  const digits = code.toString(16)
  if (code < 0x100) return `\\x${digits.padStart(2, '0')}`
  return code < 0x10000 ? `\\u${digits.padStart(4, '0')}` : `\\u{${digits}}`
}
