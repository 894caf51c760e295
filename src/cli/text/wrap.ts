/** Lines that fit a terminal: broken between words, and within a word only where it is longer than a whole line. */
import type { Shown } from '../../model/shown.ts'

const none = /\p{M}/u
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u

/** Columns that a terminal needs for `text`: two for a Korean or Chinese character, none for an accent behind a letter. */
export function widthOf(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length
  let width = 0
  for (const character of text) width += none.test(character) ? 0 : wide.test(character) ? 2 : 1
  return width
}

/** `text` in lines of at most `width` columns, the second and later ones of at most `later`. At least one line. */
export function wrap(text: Shown, width: number, later = width): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ').flatMap((one) => pieces(one, Math.min(width, later)))) {
    const longer = line === '' ? word : `${line} ${word}`
    if (widthOf(longer) <= (lines.length === 0 ? width : later)) line = longer
    else {
      lines.push(line)
      line = word
    }
  }
  return [...lines, line]
}

/** A word that is longer than a line, in pieces. */
function pieces(word: string, width: number): readonly string[] {
  if (widthOf(word) <= width) return [word]
  const found: string[] = []
  let piece = ''
  for (const character of word) {
    if (widthOf(piece + character) > width) {
      found.push(piece)
      piece = ''
    }
    piece += character
  }
  return [...found, piece]
}

/** Ends `text` to exactly `width` columns. */
export function padTo(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)))
}
