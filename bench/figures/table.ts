/** Figures for people: one line per figure, nested ones indented by their path. */
import type { Figure, Figures } from '../bench.ts'

/** Every leaf as `path  value`, aligned. */
export function printTable(figures: Figures): string {
  const rows = leaves(figures, '')
  const width = Math.max(...rows.map(([path]) => path.length))
  return rows.map(([path, value]) => `${path.padEnd(width)}  ${value}\n`).join('')
}

function leaves(figure: Figure, path: string): [string, string][] {
  if (figure === null || typeof figure !== 'object') return [[path, String(figure)]]
  if (Array.isArray(figure)) return [[path, figure.map(String).join(' ')]]
  return Object.entries(figure).flatMap(([key, value]) => leaves(value, path === '' ? key : `${path}.${key}`))
}
