/** docs/reference/kernel-messages.md, out of the committed verdicts alone: no kernel source is needed. */
import { join } from 'node:path'
import { type Figures, figuresOf } from './figures.ts'
import { subsystems } from './subsystems.ts'
import { noEvents, readVerdicts, type Verdict } from './verdicts.ts'

export const verdictFolder = join(import.meta.dirname, '..', '..', 'fixtures', 'kernel-messages')

/** Everything that was judged, by subsystem, in the order of the list. */
export function readAll(folder = verdictFolder): readonly (readonly [string, readonly Verdict[]])[] {
  return subsystems.map(({ name }) => [name, [...readVerdicts(folder, name).values()]])
}

export function kernelMessagesPage(notice: string): string {
  const all = readAll()
  const verdicts = all.flatMap(([, rows]) => rows)
  const why = Object.entries(noEvents).map(
    ([verdict, text]) => `| \`${verdict}\` | ${verdicts.filter((one) => one.judgement === verdict).length} | ${text} |`,
  )
  return `${notice}
# What the kernel can print, and what of it is told

Every message at error level of the parts of Linux 6.1 and 6.12 that a server runs, and the warnings of those parts in which
a warning can matter, has a verdict: an event of the catalogue with its severity, or why it is none. A message is counted
once per file. \`told\` is how many of the events the catalogue recognises with the judged severity.

\`\`\`
npm run kernel-messages -- --source /usr/src/linux-source-6.12
\`\`\`

extracts the messages of a kernel tree, makes a line of each as the kernel prints it, and holds the catalogue against the
verdicts in \`fixtures/kernel-messages\`. A message without a verdict, an event that is missed beyond one in twenty, and a
message that is no event but is told above info fail it. This page is made from the verdicts; it needs no source.

| part of the kernel | judged | events | told | no event | told all the same |
|---|---|---|---|---|---|
${all.map(([name, rows]) => row(name, figuresOf(rows))).join('\n')}
${row('**all**', figuresOf(verdicts))}

The text of a \`WARN()\` is not in this list: it is part of the report that \`WARNING: CPU: …\` stands for (KernelWarning).

| why it is no event | messages | |
|---|---|---|
${why.join('\n')}
`
}

const row = (name: string, { judged, relevant, recognised, silent, falseAlarms }: Figures): string =>
  `| ${name} | ${judged} | ${relevant} | ${recognised} | ${silent} | ${falseAlarms} |`
