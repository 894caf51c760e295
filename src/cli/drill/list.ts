/** `nodemend drill list`: every reason that can be injected, how, and which cannot. */
import { Command } from 'commander'
import { injections } from '../../drill/injections/injections.ts'
import type { Subject } from '../../drill/plan/subjects.ts'
import type { Io, OutputFormat } from '../io.ts'
import { outputOption, print, tableText } from '../output.ts'
import { knownSubjects } from './known-subjects.ts'

interface Flags {
  readonly xid?: boolean
  readonly injections?: boolean
  readonly output: OutputFormat
}

export function drillListCommand(io: Io): Command {
  return new Command('list')
    .description('list the reasons that can be injected, and those that cannot')
    .option('--xid', 'every Xid of NVIDIA’s table instead')
    .option('--injections', 'the injections instead: what each does to the node, and what undoes it')
    .addOption(outputOption())
    .action((flags: Flags) => list(flags, io))
}

function list({ xid = false, injections: only = false, output }: Flags, io: Io): void {
  if (only) {
    const rows = injections.map(({ name, harms, says, undoneBy }) => [name, harms, says, undoneBy])
    const data = injections.map(({ name, says, undoneBy, harms, reasons, marked, rights }) => ({
      name,
      says,
      undoneBy,
      harms,
      reasons,
      marked,
      needs: rights.why,
    }))
    print(io, output, data, () => tableText(['INJECTION', 'HARMS', 'WHAT', 'UNDONE BY'], rows))
    return
  }
  const { subjects, undrillable, xids } = knownSubjects(io)
  const shown = xid ? xids : subjects
  const rest = xid ? [] : undrillable
  print(io, output, { subjects: shown, undrillable: rest }, () => {
    const rows = shown.map((one) => [one.reason, one.condition, one.severity, one.injection, linesText(one)])
    const without = rest.map((one) => [one.reason, one.condition, one.severity, '-', one.why])
    return tableText(['REASON', 'CONDITION', 'SEVERITY', 'INJECTION', 'LINES'], [...rows, ...without])
  })
}

function linesText({ line, times }: Subject): string {
  return line === undefined ? '' : String(times)
}
