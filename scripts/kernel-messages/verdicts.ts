/**
 * The committed verdicts, one file per subsystem: a hash of a message's file and format, its place, what it means, and
 * what the catalogue made of it when the source was last at hand. No text of the kernel is kept.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Severity } from '../../src/model/finding.ts'

/** Why a message is no event. */
export const noEvents = {
  probe: 'a device that does not start, or is taken away on purpose',
  argument: 'a caller asked for something that cannot be done',
  'programming-error': 'a check of the code that is nobody’s business on a node',
  detail: 'part of an event that another line carries',
  'user-mistake': 'somebody’s command or file is wrong',
  config: 'a setting, a limit or a missing feature',
  debug: 'printed on request',
} as const

export type NoEvent = keyof typeof noEvents

/** `NvmeTimeout/warning`, or why it is no event. */
export type Judgement = NoEvent | `${string}/${Severity}`

export interface Verdict {
  readonly hash: string
  readonly file: string
  readonly func: string
  readonly judgement: Judgement
  /** What the catalogue said: as judged, nothing, or another reason and severity. */
  readonly found: '=' | '-' | `${string}/${Severity}`
}

export const isNoEvent = (judgement: string): judgement is NoEvent => judgement in noEvents

export const hashOf = (file: string, format: string): string =>
  createHash('sha256').update(`${file}\0${format}`).digest('hex').slice(0, 10)

const heading = 'hash\tfile\tfunction\tverdict\tfound\n'

export const verdictFile = (folder: string, subsystem: string): string => join(folder, `${subsystem}.tsv`)

/** The verdicts of one subsystem by hash; none when there is no file yet. Throws on a row without five fields. */
export function readVerdicts(folder: string, subsystem: string): Map<string, Verdict> {
  const path = verdictFile(folder, subsystem)
  if (!existsSync(path)) return new Map()
  const rows = readFileSync(path, 'utf8').trimEnd().split('\n').slice(1)
  return new Map(rows.map((row) => [row.slice(0, row.indexOf('\t')), readRow(row, path)]))
}

function readRow(row: string, path: string): Verdict {
  const [hash, file, func, judgement, found, more] = row.split('\t')
  if (hash === undefined || file === undefined || func === undefined || !judgement || !found || more !== undefined) {
    throw new Error(`${path}: not five fields: ${row}`)
  }
  // The test of the verdict files checks both against the catalogue.
  return { hash, file, func, judgement: judgement as Judgement, found: found as Verdict['found'] }
}

/** Sorted by file, function and hash, so that a new kernel's rows are a readable difference. */
export function writeVerdicts(folder: string, subsystem: string, verdicts: Iterable<Verdict>): void {
  const rows = [...verdicts]
    .sort(byPlace)
    .map((one) => `${one.hash}\t${one.file}\t${one.func}\t${one.judgement}\t${one.found}\n`)
  writeFileSync(verdictFile(folder, subsystem), heading + rows.join(''))
}

export function byPlace(a: Verdict, b: Verdict): number {
  const [left, right] = [`${a.file}\t${a.func}\t${a.hash}`, `${b.file}\t${b.func}\t${b.hash}`]
  return left < right ? -1 : left > right ? 1 : 0
}
