/** A report in each form that people and programs ask for. */
import { htmlReport } from '../../drill/score/html.ts'
import { markdownReport } from '../../drill/score/markdown.ts'
import { factsOf, scorecard } from '../../drill/score/rows.ts'
import type { DrillReport } from '../../drill/score/score.ts'
import { shownText } from '../../model/shown.ts'
import { tableText } from '../output.ts'

export const reportForms = ['text', 'json', 'markdown', 'html'] as const
export type ReportForm = (typeof reportForms)[number]

export function reportText(report: DrillReport, form: ReportForm): string {
  return forms[form](report)
}

const forms: Readonly<Record<ReportForm, (report: DrillReport) => string>> = {
  text: terminalText,
  json: (report) => `${JSON.stringify(report, null, 2)}\n`,
  markdown: markdownReport,
  html: htmlReport,
}

function terminalText(report: DrillReport): string {
  const { head, rows } = scorecard(report.drills)
  const cells = rows.map((row) => row.map((cell) => shownText(cell)))
  const facts = factsOf(report).map(([name, value]) => `${`${name}:`.padEnd(24)}${shownText(value)}\n`)
  return `${tableText(
    head.map((name) => name.toUpperCase()),
    cells,
  )}\n${facts.join('')}`
}
