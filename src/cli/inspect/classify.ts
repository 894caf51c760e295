/** `nodemend classify`: kernel log text in, one JSON object per line out. Reads the shipped rules, touches nothing. */
import { Command, Option } from 'commander'
import { compileShipped } from '../../catalog/shipped.ts'
import { decoders } from '../../detect/decode/decoders.ts'
import { cutText } from '../../detect/lifecycle/cut-text.ts'
import { compileMatchers } from '../../detect/match/compile.ts'
import type { Matcher } from '../../detect/match/matcher.ts'
import { stripFraming } from '../../detect/sources/framing.ts'
import { longestLine, readLines } from '../../detect/sources/lines.ts'
import type { Match } from '../../model/finding.ts'
import type { Io } from '../io.ts'
import { catalogueFolder } from './catalogue-folder.ts'
import { readLog } from './log-text.ts'

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
}

export function classifyCommand(io: Io): Command {
  return new Command('classify')
    .description('say what each line of a kernel log means')
    .argument(
      '[file]',
      'a log in any common framing (raw kmsg, dmesg, dmesg -T, syslog, journalctl); - reads stdin',
      '-',
    )
    .addOption(
      new Option('-o, --output <format>', 'jsonl: one object per line; table: only lines that mean something')
        .choices(['jsonl', 'table'])
        .default('table'),
    )
    .action(async (file: string, options: { output: 'jsonl' | 'table' }) => {
      await classify(file, options.output, io)
    })
}

async function classify(file: string, output: 'jsonl' | 'table', io: Io): Promise<void> {
  const matcher = compileMatchers(compileShipped(catalogueFolder(io.programFile)), decoders).of('kmsg')
  const printLine = output === 'jsonl' ? printJson : printTable
  let pending = output === 'table' ? tableHead : ''
  let lines = 0
  let meaningful = 0
  const flush = (): void => {
    if (pending !== '') io.stdout(pending)
    pending = ''
  }
  const cut = (): void =>
    io.stderr(`nodemend: line ${lines + 1} is longer than ${longestLine} bytes: only its beginning is looked at\n`)
  // What is known is printed before each wait, so that a log can be followed through a pipe.
  for await (const text of readLines(readLog(file, io, flush), cut)) {
    lines++
    const matches = classifyLine(matcher, text)
    if (matches.length > 0) meaningful++
    pending += printLine({ line: lines, matches }, text)
    if (pending.length > 65_536) flush()
  }
  flush()
  if (output === 'table') io.stderr(`nodemend: ${meaningful} of ${lines} lines mean something\n`)
}

/** What one line of text means. A process that merely quotes the kernel means nothing. */
export function classifyLine(matcher: Matcher, line: string): readonly ClassifiedMatch[] {
  const framed = stripFraming(line)
  return framed.writer === 'process' ? [] : matcher.matchText(framed.text).map(printed)
}

function printed(match: Match): ClassifiedMatch {
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
  }
}

function printJson(line: ClassifiedLine): string {
  return `${JSON.stringify(line)}\n`
}

/** Longest text of a line in the table, bytes. */
const longestText = 1024
const tableHead = 'LINE\tSEVERITY\tCONDITION\tREASON\tDEVICE\tTEXT\n'

function printTable(line: ClassifiedLine, text: string): string {
  return line.matches
    .map(({ severity, recovery, condition, reason, device = '-' }) => {
      return `${line.line}\t${recovery ? 'over' : severity}\t${condition}\t${reason}\t${device}\t${plain(text)}\n`
    })
    .join('')
}

/** One line of a terminal: a log may hold anything, and a terminal obeys what it holds. */
function plain(text: string): string {
  return cutText(text.replaceAll('\t', ' ').replace(/\p{Cc}+/gu, '?'), longestText)
}
