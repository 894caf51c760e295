/** How commands print data: a table for people, JSON or YAML for programs. */
import { Option } from 'commander'
import { stringify } from 'yaml'
import type { Io, OutputFormat } from './io.ts'

/** `-o, --output table|json|yaml`, the same on every command that prints data. */
export function outputOption(): Option {
  return new Option('-o, --output <FORMAT>', 'how to print it').choices(['table', 'json', 'yaml']).default('table')
}

/** Prints `data` in `format`; `table` makes the text for people. */
export function print(io: Io, format: OutputFormat, data: unknown, table: () => string): void {
  if (format === 'table') io.stdout(table())
  else io.stdout(format === 'json' ? `${written(JSON.stringify(data, null, 2))}\n` : yamlText(data))
}

/** What a terminal would obey, and JSON leaves as it is. */
const obeyed = /[\x7f-\x9f\p{Cf}\u2028\u2029]/gu

/** The same text for a parser, in numbers: `\u009b`. */
function written(quoted: string): string {
  return quoted.replace(obeyed, (found) =>
    Array.from({ length: found.length }, (_, index) => found.charCodeAt(index).toString(16).padStart(4, '0'))
      .map((digits) => `\\u${digits}`)
      .join(''),
  )
}

/** Only between double quotes can YAML write a character in numbers. */
function yamlText(data: unknown): string {
  const text = stringify(data, { lineWidth: 0 })
  if (text.search(obeyed) < 0) return text
  return written(stringify(data, { lineWidth: 0, defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' }))
}

/** Rows under a head line, each column as wide as its widest cell; trailing blanks are cut. */
export function tableText(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('   ')
      .trimEnd()
  return [head, ...rows].map((row) => `${line(row)}\n`).join('')
}
