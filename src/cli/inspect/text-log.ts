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
  /** The lines that mean something, framed as /dev/kmsg frames them; their stamps count from the first of them. */
  readonly records: Buffer
  /** Milliseconds from the first to the last of them. */
  readonly spanMs: number
  /** Wall-clock time of the last of them; absent where the log tells only seconds since boot, or no time. */
  readonly endsAt?: number
  /** The machine that the log names. */
  readonly host?: string
}

/** A line of the dictionary behind a record of /dev/kmsg. */
const dictionary = /^ [A-Z_]+=/
/** Of /dev/kmsg: facility 0 at level 3 for the kernel, facility 1 for everybody else. */
const kernelError = 3
const userError = 11

/**
 * Reads the file at `path`, or standard input for `-`; undefined when `path` is no regular file. Throws `NM_CLI_READ`.
 */
export async function readTextLog(
  path: string,
  meanings: Meanings<Match>,
  io: Pick<Io, 'stdin' | 'signal'>,
): Promise<TextLog | undefined> {
  if (path !== '-' && !statSync(path, { throwIfNoEntry: false })?.isFile()) return undefined
  const classifier = new LineClassifier(meanings)
  const found: LineMatch[] = []
  const take = (lines: readonly LineMeaning[]): void => {
    for (const { matches } of lines) found.push(...matches)
  }
  const chunks = readLog(path, io, () => undefined)
  for await (const line of readLines(chunks, undefined, longestRecord))
    if (!dictionary.test(line)) take(classifier.take(line))
  take(classifier.end())
  const { lines, framed, meaningful } = classifier.tally
  const host = found.find(({ peeled }) => peeled.host !== undefined)?.peeled.host
  return { lines, known: framed + meaningful, ...recordsOf(found), ...(host !== undefined && { host }) }
}

/** A line without a time came right after the one before it. */
function recordsOf(found: readonly LineMatch[]): Pick<TextLog, 'records' | 'spanMs' | 'endsAt'> {
  const wall = found.some(({ peeled }) => peeled.stamp?.ms !== undefined)
  const uptimeMs = ({ peeled }: LineMatch) => peeled.stamp?.uptime !== undefined && peeled.stamp.uptime * 1_000
  const stamps = found.map((one) => (wall ? one.peeled.stamp?.ms : uptimeMs(one) || undefined))
  const first = stamps.reduce<number>((least, at = least) => Math.min(least, at), Number.POSITIVE_INFINITY)
  let last = Number.isFinite(first) ? first : 0
  const origin = last
  const texts = found.map(({ text, peeled: { writer } }, sequence) => {
    last = Math.max(last, stamps[sequence] ?? last)
    const usec = Math.round((last - origin) * 1_000)
    return `${writer === 'userspace' ? userError : kernelError},${sequence},${usec},-;${text.replaceAll('\n', '\\x0a')}\n`
  })
  return { records: Buffer.from(texts.join(''), 'utf8'), spanMs: last - origin, ...(wall && { endsAt: last }) }
}
