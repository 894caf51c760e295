/** `nodemend classify`: the text of a kernel log or a journal in, one JSON object per line out. Reads the shipped rules, touches nothing. */

import { Command, Option } from 'commander'
import { compileShipped } from '../../catalog/shipped.ts'
import { decoders } from '../../detect/decode/decoders.ts'
import { cutText } from '../../detect/lifecycle/cut-text.ts'
import { compileMatchers } from '../../detect/match/compile.ts'
import { longestRecord, mostLines } from '../../detect/sources/framing/assemble.ts'
import { meaningsOf } from '../../detect/sources/framing/meanings.ts'
import { readLines } from '../../detect/sources/lines.ts'
import { questioned } from '../../model/shown.ts'
import type { Io } from '../io.ts'
import { catalogueFolder } from './catalogue-folder.ts'
import { LineClassifier, type LineMatch, type LineMeaning } from './line-classifier.ts'
import { readLog } from './log-text.ts'
import { remarks } from './remarks.ts'
import { serviceMeaning } from './service-lines.ts'

/** What one line means, as printed. `matches` is empty for a line that means nothing. */
export interface ClassifiedLine {
  readonly line: number
  readonly matches: readonly ClassifiedMatch[]
}

export interface ClassifiedMatch {
  readonly family: string
  readonly code?: number | string
  readonly device?: string
  readonly reason: string
  readonly condition: string
  readonly severity: string
  readonly scope: string
  readonly message: string
  /** Present and true for a line that ends the reason. */
  readonly recovery?: boolean
  /** Present where something stood in front of the message that no known framing explains. */
  readonly frame?: 'unknown'
  /** With `--verbose`: what was taken off. */
  readonly peeled?: PeeledFrame
}

/** What stood around a message. */
export interface PeeledFrame {
  /** Outermost first. */
  readonly layers: readonly string[]
  readonly writer: string
  readonly host?: string
  readonly time?: string
  readonly text: string
}

type Output = 'jsonl' | 'table'
interface Flags {
  readonly output: Output
  readonly verbose?: boolean
}

export function classifyCommand(io: Io): Command {
  return new Command('classify')
    .description('say what each line of a kernel log or a journal means')
    .argument(
      '[file]',
      'a log in any framing: dmesg, syslog, a journal, JSON, a console, a container, …; - reads stdin',
      '-',
    )
    .addOption(
      new Option('-o, --output <format>', 'jsonl: one object per line; table: only lines that mean something')
        .choices(['jsonl', 'table'])
        .default('table'),
    )
    .option('-v, --verbose', 'say what was taken off each line that means something')
    .action(async (file: string, flags: Flags) => {
      await classify(file, flags, io)
    })
}

async function classify(file: string, { output, verbose = false }: Flags, io: Io): Promise<void> {
  const catalogue = compileShipped(catalogueFolder(io.programFile))
  const tooLong = (line: number): void =>
    io.stderr(
      `nodemend: the record that goes on at line ${line} is too long to be kept (${longestRecord} bytes, ${mostLines} lines): its lines are read one by one\n`,
    )
  const matchers = compileMatchers(catalogue, decoders)
  const kernel = meaningsOf(catalogue, matchers.of('kmsg'))
  const classifier = new LineClassifier(kernel, { services: serviceMeaning(catalogue, matchers), onTooLong: tooLong })
  const printLine = output === 'jsonl' ? printJson : printTable
  let pending = output === 'table' ? tableHead(verbose) : ''
  let read = 0
  const flush = (): void => {
    if (pending !== '') io.stdout(pending)
    pending = ''
  }
  const show = (lines: readonly LineMeaning[]): void => {
    for (const line of lines) pending += printLine(line, verbose)
    if (pending.length > 65_536) flush()
  }
  const cut = (): void =>
    io.stderr(`nodemend: line ${read + 1} is longer than ${longestRecord} bytes: only its beginning is looked at\n`)
  // What is known is printed before each wait, so that a log can be followed through a pipe.
  for await (const text of readLines(readLog(file, io, flush), cut, longestRecord)) {
    read++
    show(classifier.take(text))
  }
  show(classifier.end())
  flush()
  for (const remark of remarks(classifier.tally, output === 'table')) io.stderr(`nodemend: ${remark}\n`)
}

function printed({ match, frame, peeled, text }: LineMatch, verbose: boolean): ClassifiedMatch {
  return {
    family: match.family,
    ...(match.code !== undefined && { code: match.code }),
    ...(match.device !== undefined && { device: match.device }),
    reason: match.reason,
    condition: match.condition,
    severity: match.recovery ? 'info' : match.severity,
    scope: match.scope,
    message: match.message,
    ...(match.recovery && { recovery: true }),
    ...(frame === 'unknown' && { frame }),
    ...(verbose && { peeled: frameOf(peeled, text) }),
  }
}

function frameOf({ layers, writer, host, stamp }: LineMatch['peeled'], text: string): PeeledFrame {
  return {
    layers,
    writer,
    ...(host !== undefined && { host }),
    ...(stamp && { time: stamp.ms === undefined ? stamp.text : new Date(stamp.ms).toISOString() }),
    text,
  }
}

function printJson({ line, matches }: LineMeaning, verbose: boolean): string {
  const classified: ClassifiedLine = { line, matches: matches.map((one) => printed(one, verbose)) }
  return `${JSON.stringify(classified)}\n`
}

/** Longest text of a line in the table, bytes. */
const longestText = 1024

function tableHead(verbose: boolean): string {
  return `LINE\tSEVERITY\tCONDITION\tREASON\tDEVICE\t${verbose ? 'PEELED\t' : ''}TEXT\n`
}

function printTable({ line, whole, matches }: LineMeaning, verbose: boolean): string {
  return matches
    .map((one) => {
      const { severity, recovery, condition, reason, device = '-' } = printed(one, verbose)
      const frame = verbose ? `${plain(frameText(one))}\t` : ''
      return `${line}\t${recovery ? 'over' : severity}\t${condition}\t${reason}\t${device}\t${frame}${plain(shownText(whole, one.text))}\n`
    })
    .join('')
}

/** The line as it stands in the log; of a long or changed one, the message. */
function shownText(whole: string, message: string): string {
  return whole.length <= longestText && whole.includes(message) ? whole : message
}

/** `stamp, host and kernel:; kernel on node1 at 2026-11-24T08:15:20.000Z`. */
function frameText({ peeled, frame, text }: LineMatch): string {
  const { layers, writer, host, time } = frameOf(peeled, text)
  const taken = [...layers, ...(frame === 'unknown' ? ['unknown'] : [])].join(', ')
  const on = host === undefined ? '' : ` on ${host}`
  return `${taken === '' ? 'nothing' : taken}; ${writer}${on}${time === undefined ? '' : ` at ${time}`}`
}

/** One line of a terminal: a log may hold anything, and a terminal obeys what it holds. */
function plain(text: string): string {
  return cutText(questioned(text.replaceAll('\t', ' ')), longestText)
}
