/** `nodemend drill report`: a saved run in another form. */
import { readFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { readReport } from '../../drill/score/read.ts'
import type { DrillReport } from '../../drill/score/score.ts'
import { shownText } from '../../model/shown.ts'
import { CommandError, exitCodes, type Io } from '../io.ts'
import { type ReportForm, reportForms, reportText } from './report-text.ts'

export function drillReportCommand(io: Io): Command {
  return new Command('report')
    .description('print a saved run; ends with 1 where a drill of it failed')
    .argument('<file>', 'what `nodemend drill run --save FILE` wrote; - reads stdin')
    .addOption(new Option('-o, --output <FORMAT>', 'how to print it').choices(reportForms).default('text'))
    .action((file: string, { output }: { readonly output: ReportForm }) => show(file, output, io))
}

async function show(file: string, form: ReportForm, io: Io): Promise<void> {
  const report = await read(file, io)
  io.stdout(reportText(report, form))
  endBy(report)
}

/** Ends with 1 where a drill failed. */
export function endBy({ score }: DrillReport): void {
  if (score.passed < score.drills) throw new CommandError('NM_DRILL_FAILED', '', exitCodes.unhealthy)
}

async function read(file: string, { stdin }: Io): Promise<DrillReport> {
  const text = file === '-' ? await textOf(stdin) : await readFile(file, 'utf8').catch(unreadable(file))
  const found = readReport(text)
  if ('report' in found) return found.report
  const remedy = 'give what nodemend drill run --save wrote'
  throw new CommandError(
    'NM_DRILL_REPORT',
    `${shownText(file)} is no report of a drill: ${shownText(found.wrong)}; ${remedy}`,
  )
}

function unreadable(file: string): (error: Error) => never {
  return (error) => {
    throw new CommandError('NM_DRILL_REPORT', `${shownText(file)} cannot be read: ${error.message}`)
  }
}

async function textOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const part of stream) parts.push(part)
  return Buffer.concat(parts).toString('utf8')
}
