/** `nodemend classify`: kernel log text in, one JSON object per line out. Reads the shipped rules, touches nothing. */
import { createReadStream, statSync } from 'node:fs'
import { Command, Option } from 'commander'
import { compileShipped } from '../catalog/shipped.ts'
import { compileMatcher } from '../detect/match/compile.ts'
import { decoders } from '../detect/match/decoders.ts'
import type { Matcher } from '../detect/match/matcher.ts'
import { stripFraming } from '../detect/sources/framing.ts'
import { longestLine, readLines } from '../detect/sources/lines.ts'
import type { Match } from '../model/finding.ts'
import { catalogueFolder } from './catalogue-folder.ts'
import { CommandError, type Io } from './io.ts'

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
      const matcher = compileMatcher(compileShipped(catalogueFolder(io.programFile)), decoders)
      const print = options.output === 'jsonl' ? printJson : printTable
      let pending = ''
      let number = 0
      if (options.output === 'table') pending += tableHead
      const cut = (): void =>
        io.stderr(`nodemend: line ${number + 1} is longer than ${longestLine} bytes: only its beginning is looked at\n`)
      for await (const text of readLines(await open(file, io), cut)) {
        number++
        pending += print({ line: number, matches: classifyLine(matcher, text) }, text)
        if (pending.length > 65_536) {
          io.stdout(pending)
          pending = ''
        }
        if (io.signal.aborted) break
      }
      io.stdout(pending)
    })
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

const tableHead = 'LINE\tSEVERITY\tCONDITION\tREASON\tDEVICE\tTEXT\n'

function printTable(line: ClassifiedLine, text: string): string {
  return line.matches
    .map(({ severity, recovery, condition, reason, device = '-' }) => {
      return `${line.line}\t${recovery ? 'over' : severity}\t${condition}\t${reason}\t${device}\t${text}\n`
    })
    .join('')
}

function isFolder(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false
}

async function open(file: string, io: Io): Promise<AsyncIterable<Uint8Array>> {
  if (file === '-') return io.stdin
  if (isFolder(file)) throw new CommandError('NM_CLI_READ', `cannot read ${file}: it is a folder; name a log file`)
  const stream = createReadStream(file)
  await new Promise<void>((resolve, reject) => {
    stream.once('open', () => resolve())
    stream.once('error', (error: NodeJS.ErrnoException) => {
      const remedy = error.code === 'ENOENT' ? 'no such file' : error.message
      reject(new CommandError('NM_CLI_READ', `cannot read ${file}: ${remedy}`))
    })
  })
  return stream
}
