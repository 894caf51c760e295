/** A saved kernel log in any framing → the records that mean something, for a scan of a file. */
import { statSync } from 'node:fs'
import { longestRecord } from '../../detect/sources/framing/assemble.ts'
import type { Meanings } from '../../detect/sources/framing/hear.ts'
import { readLines } from '../../detect/sources/lines.ts'
import type { Match } from '../../model/finding.ts'
import type { Io } from '../io.ts'
import { LineClassifier, type LineMatch, type LineMeaning } from './line-classifier.ts'
import { readLog } from './log-text.ts'

export interface TextLog {
  /** Lines of the file. */
  readonly lines: number
  /** Lines that the kernel log's framing, or the meaning of the line, makes lines of a kernel log. */
  readonly known: number
  /** The lines that mean something, framed as /dev/kmsg frames them. */
  readonly records: Buffer
}

/** A line of the dictionary behind a record of /dev/kmsg. */
const dictionary = /^ [A-Z_]+=/
/** Of /dev/kmsg: facility 0 at level 3 for the kernel, facility 1 for everybody else. */
const kernelError = 3
const userError = 11

/**
 * Reads the file at `path`; undefined when it is no regular file. `bootAt` is the wall-clock time of the boot in
 * milliseconds, from which stamps without an uptime are counted. Throws `NM_CLI_READ`.
 */
export async function readTextLog(
  path: string,
  meanings: Meanings<Match>,
  bootAt: number,
  io: Pick<Io, 'stdin' | 'signal'>,
): Promise<TextLog | undefined> {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return undefined
  const classifier = new LineClassifier(meanings)
  const records: string[] = []
  const take = (lines: readonly LineMeaning[]): void => {
    for (const { matches } of lines) for (const match of matches) records.push(recordOf(match, records.length, bootAt))
  }
  for await (const line of readLines(
    readLog(path, io, () => undefined),
    undefined,
    longestRecord,
  ))
    if (!dictionary.test(line)) take(classifier.take(line))
  take(classifier.end())
  const { lines, framed, meaningful } = classifier.tally
  return { lines, known: framed + meaningful, records: Buffer.from(records.join(''), 'utf8') }
}

function recordOf({ text, peeled: { writer, stamp } }: LineMatch, sequence: number, bootAt: number): string {
  const ms = stamp?.uptime === undefined ? (stamp?.ms ?? bootAt) - bootAt : stamp.uptime * 1_000
  const usec = Math.max(0, Math.round(ms * 1_000))
  return `${writer === 'userspace' ? userError : kernelError},${sequence},${usec},-;${text.replaceAll('\n', '\\x0a')}\n`
}
