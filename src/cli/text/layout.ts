/** What the commands that ask a cluster print: paragraphs, lists with a label, tables. Each fits the width it is given. */
import type { Shown } from '../../model/shown.ts'
import { padTo, widthOf, wrap } from './wrap.ts'

/** Between two columns. */
const gap = '   '
/** No column becomes narrower than this. */
const fewest = 8

/** A paragraph; what does not fit the first line is indented. */
export function paragraph(text: Shown, width: number, indent = '  '): string {
  const lines = wrap(text, width, width - indent.length)
  return lines.map((line, index) => `${(index === 0 ? line : indent + line).trimEnd()}\n`).join('')
}

/** The label stands before the first line, all others are indented as far. */
export function labelled(label: string, lines: readonly Shown[], labelWidth: number, width: number): string {
  const own = label.padEnd(labelWidth)
  const rows = lines.flatMap((line) => wrap(line, width - own.length))
  return (
    rows.map((row, index) => `${(index === 0 ? own : ' '.repeat(own.length)) + row}`.trimEnd()).join('\n') +
    (rows.length > 0 ? '\n' : '')
  )
}

/** A cell of more than one paragraph. */
export type Cell = Shown | readonly Shown[]

/** Rows under a head line. Where they do not fit, the widest columns give way and their cells are wrapped. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[], width: number): string {
  const natural = head.map((title, column) => Math.max(widthOf(title), ...rows.map((row) => widestOf(row[column]))))
  const widths = fitted(natural, width - gap.length * (head.length - 1))
  const lines = rows.flatMap((row) => rowLines(row, widths))
  return [joined(head, widths), ...lines].map((line) => `${line}\n`).join('')
}

function widestOf(cell: Cell | undefined): number {
  return Math.max(0, ...partsOf(cell).map(widthOf))
}

function partsOf(cell: Cell | undefined): readonly Shown[] {
  if (cell === undefined) return []
  return typeof cell === 'string' ? [cell] : cell
}

/** The widest gives way to the second widest, and so on, until all fit. */
function fitted(natural: readonly number[], room: number): readonly number[] {
  const widths = [...natural]
  const total = (): number => widths.reduce((sum, one) => sum + one, 0)
  while (total() > room) {
    const widest = Math.max(...widths)
    if (widest <= fewest) break
    widths[widths.lastIndexOf(widest)] = widest - 1
  }
  return widths
}

function rowLines(row: readonly Cell[], widths: readonly number[]): readonly string[] {
  const cells = widths.map((width, column) => partsOf(row[column]).flatMap((part) => wrap(part, width)))
  const height = Math.max(1, ...cells.map((lines) => lines.length))
  return Array.from({ length: height }, (_, line) =>
    joined(
      cells.map((lines) => lines[line] ?? ''),
      widths,
    ),
  )
}

function joined(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, column) => padTo(cell, widths[column] ?? 0))
    .join(gap)
    .trimEnd()
}
