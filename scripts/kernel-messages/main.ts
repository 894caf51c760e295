/**
 * `npm run kernel-messages -- --source DIR`: holds every message that a kernel tree can print against the committed
 * verdicts (fixtures/kernel-messages). A message that nobody has judged, a judged event that the catalogue misses beyond
 * the bar and a message that is no event but is told fail the check. `--update` writes what the catalogue makes of each.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compileShipped } from '../../src/catalog/shipped.ts'
import { decoders } from '../../src/detect/decode/decoders.ts'
import { compileMatchers } from '../../src/detect/match/compile.ts'
import { foundOf, type Message, messagesOf } from './collect.ts'
import { type Figures, figuresOf, isFalseAlarm } from './figures.ts'
import { presetOf } from './presets.ts'
import { Tree } from './source/tree.ts'
import { type Subsystem, subsystems } from './subsystems.ts'
import { readVerdicts, type Verdict, writeVerdicts } from './verdicts.ts'

const root = join(import.meta.dirname, '..', '..')
const folder = join(root, 'fixtures', 'kernel-messages')

/** Share of the events of one tree that the catalogue has to tell with the judged severity. */
const leastRecognised = 0.95

interface Outcome {
  readonly subsystem: Subsystem
  readonly unjudged: readonly Message[]
  readonly verdicts: readonly Verdict[]
}

function main(): void {
  const { values } = parseArgs({ options: { source: { type: 'string' }, update: { type: 'boolean', default: false } } })
  const source = values.source
  if (source === undefined || !existsSync(join(source, 'kernel', 'panic.c'))) {
    const why = source === undefined ? 'no --source DIR' : `${source} is no kernel tree`
    process.stdout.write(`kernel-messages: SKIPPED: ${why}; no message was checked\n`)
    process.exitCode = source === undefined ? 0 : 2
    return
  }
  const matcher = compileMatchers(compileShipped(join(root, 'catalog')), decoders).of('kmsg')
  const tree = new Tree(source)
  const outcomes = subsystems.map((subsystem): Outcome => {
    const known = readVerdicts(folder, subsystem.name)
    const messages = messagesOf(tree, subsystem, matcher)
    const judged = messages.flatMap((message) => verdictOn(message, known) ?? [])
    if (values.update) {
      for (const verdict of judged) known.set(verdict.hash, verdict)
      writeVerdicts(folder, subsystem.name, known.values())
    }
    const hashes = new Set(judged.map((verdict) => verdict.hash))
    return { subsystem, unjudged: messages.filter((message) => !hashes.has(message.hash)), verdicts: judged }
  })
  report(outcomes)
}

/** The committed verdict with today's answer of the catalogue; where a message stands may be verdict enough. */
function verdictOn(message: Message, known: ReadonlyMap<string, Verdict>): Verdict | undefined {
  const { hash, file, func } = message
  const judgement = known.get(hash)?.judgement ?? (message.match === undefined ? presetOf(message) : undefined)
  return judgement && { hash, file, func, judgement, found: foundOf(message, judgement) }
}

function report(outcomes: readonly Outcome[]): void {
  for (const { subsystem, unjudged, verdicts } of outcomes) {
    for (const one of unjudged) complain('nobody has judged', one.file, one.func, `${one.hash} ${one.example}`)
    for (const one of verdicts.filter(isFalseAlarm)) {
      complain(`told as ${one.found}, judged ${one.judgement}`, one.file, one.func, one.hash)
    }
    process.stdout.write(`${subsystem.name.padEnd(14)} ${sentence(figuresOf(verdicts))}\n`)
  }
  const all = figuresOf(outcomes.flatMap((one) => one.verdicts))
  const unjudged = outcomes.reduce((sum, one) => sum + one.unjudged.length, 0)
  process.stdout.write(`kernel-messages: ${sentence(all)}, ${unjudged} unjudged\n`)
  const good = unjudged === 0 && all.falseAlarms === 0 && all.recognised >= leastRecognised * all.relevant
  process.exitCode = good ? 0 : 1
}

const complain = (what: string, file: string, func: string, which: string): boolean =>
  process.stdout.write(`${file} ${func}: ${what}: ${which}\n`)

const sentence = ({ judged, relevant, recognised, falseAlarms }: Figures): string =>
  `${judged} judged, ${relevant} events, ${recognised} recognised, ${falseAlarms} false`

main()
