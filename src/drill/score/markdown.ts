/** A report for a pull request or a wiki. */
import { shownText } from '../../model/shown.ts'
import { factsOf, scorecard, stageTable, type Table, title, undrilledTable } from './rows.ts'
import type { DrillReport } from './score.ts'

export function markdownReport(report: DrillReport): string {
  const facts = factsOf(report).map(([name, value]) => `* ${name}: ${cell(value)}`)
  const failed = report.drills.filter(({ passed }) => !passed)
  const details = failed.flatMap((one) => {
    const notes = [
      ...one.falseFindings.map((text) => `False finding: ${cell(text)}`),
      ...one.beside.map((text) => `Beside the drill: ${cell(text)}`),
    ]
    return [`### ${cell(one.reason)} on ${cell(one.node)} (drill ${cell(one.id)})`, table(stageTable(one)), ...notes]
  })
  const undrilled = report.undrillable.length === 0 ? [] : ['## Without an injection', table(undrilledTable(report))]
  const parts = [
    `# ${title}`,
    facts.join('\n'),
    '## Scorecard',
    table(scorecard(report.drills)),
    ...(details.length === 0 ? [] : ['## What failed', ...details]),
    ...undrilled,
  ]
  return `${parts.join('\n\n')}\n`
}

function table({ head, rows }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n')
}

/** What others wrote ends no cell, and is neither markup nor HTML. */
function cell(text: string): string {
  return shownText(text).replace(/[\\|`*_[\]<>&#!~]/g, (mark) =>
    mark === '<' ? '&lt;' : mark === '&' ? '&amp;' : `\\${mark}`,
  )
}
