/** A report as one page without scripts and without anything from elsewhere. */
import { shownText } from '../../model/shown.ts'
import { factsOf, scorecard, stageTable, type Table, title, undrilledTable } from './rows.ts'
import type { DrillReport } from './score.ts'

const style = [
  ':root{color-scheme:light dark}',
  'body{font:16px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem}',
  'table{border-collapse:collapse;width:100%;font-size:.9rem}',
  'th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #8886;vertical-align:top}',
  'dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dd{margin:0}',
].join('')

export function htmlReport(report: DrillReport): string {
  const facts = factsOf(report).map(([name, value]) => `<dt>${text(name)}</dt><dd>${text(value)}</dd>`)
  const failed = report.drills.filter(({ passed }) => !passed)
  const details = failed.map((one) => {
    const heading = `<h3>${text(one.reason)} on ${text(one.node)} (drill ${text(one.id)})</h3>`
    const notes = [
      ...one.falseFindings.map((note) => `False finding: ${note}`),
      ...one.beside.map((note) => `Beside the drill: ${note}`),
    ]
    return `${heading}\n${table(stageTable(one))}${notes.map((note) => `\n<p>${text(note)}</p>`).join('')}`
  })
  const undrilled =
    report.undrillable.length === 0 ? '' : `<h2>Without an injection</h2>\n${table(undrilledTable(report))}\n`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${text(`${title}: ${report.score.passed} of ${report.score.drills} passed`)}</title>
<style>${style}</style>
</head>
<body>
<h1>${title}</h1>
<dl>
${facts.join('\n')}
</dl>
<h2>Scorecard</h2>
${table(scorecard(report.drills))}
${details.length === 0 ? '' : `<h2>What failed</h2>\n${details.join('\n')}\n`}${undrilled}</body>
</html>
`
}

function table({ head, rows }: Table): string {
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${text(cell)}</td>`).join('')}</tr>`)
  return `<table>\n<tr>${head.map((cell) => `<th>${text(cell)}</th>`).join('')}</tr>\n${body.join('\n')}\n</table>`
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function text(value: string): string {
  return shownText(value).replace(/[&<>"']/g, (mark) => entities[mark] ?? '')
}
