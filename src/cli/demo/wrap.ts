/** Text for a terminal of some width. */

/** A column narrower than this is no help: the terminal breaks the line instead. */
const narrowest = 20

/** `text` in lines of at most `columns` characters, broken between words, each after the first behind `indent` blanks. */
export function wrap(text: string, columns: number, indent = 0): string {
  const width = Math.max(narrowest, columns - indent)
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].join(`\n${' '.repeat(indent)}`)
}
