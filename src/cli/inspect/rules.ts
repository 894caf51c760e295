/** `nodemend rules test FILE`: checks whether the agent would load this rule pack and whether its samples match. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { loadCatalogue } from '../../catalog/load.ts'
import { compileShipped, joinFiles, loadShipped } from '../../catalog/shipped.ts'
import { decoders } from '../../detect/decode/decoders.ts'
import { compileMatchers } from '../../detect/match/compile.ts'
import { runSamples, type SampleRun } from '../../detect/match/samples.ts'
import { CommandError, exitCodes, type Io } from '../io.ts'
import { catalogueFolder } from './catalogue-folder.ts'
import { unreadable } from './unreadable.ts'

export function rulesCommand(io: Io): Command {
  const test = new Command('test')
    .description('check rule packs and run their samples against them and the shipped rules')
    .argument('<file...>', 'rule packs in the catalogue’s YAML format')
    .action((files: string[]) => {
      const run = testPacks(files, io)
      for (const one of run.failures) io.stdout(`${one.file}:${one.line}:${one.column}: ${one.message}\n`)
      io.stdout(`${run.samples - run.failures.length} of ${run.samples} samples pass\n`)
      if (run.failures.length > 0) throw new CommandError('NM_RULES_SAMPLES', '', exitCodes.unhealthy)
    })
  return new Command('rules').description('work with rule packs').addCommand(test)
}

/**
 * Loads `files` before the shipped catalogue, as the agent does, and runs their samples. A shipped file
 * among them is not loaded twice and keeps its place in the order.
 */
function testPacks(files: readonly string[], io: Io): SampleRun {
  const folder = catalogueFolder(io.programFile)
  const shipped = loadShipped(folder)
  const own = new Map(shipped.map((file) => [resolve(folder, '..', file.file), file]))
  const packs = loadCatalogue(
    files.filter((file) => !own.has(resolve(file))).map((file) => ({ file, text: read(file) })),
    new Set(shipped.flatMap((file) => file.reasons.map((one) => one.reason))),
  )
  const tested = [...packs, ...files.flatMap((file) => own.get(resolve(file)) ?? [])]
  const { tables } = compileShipped(folder)
  return runSamples(tested, compileMatchers(joinFiles([...packs, ...shipped], tables), decoders))
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw unreadable(file, error, `its files: ${join(file, '*.yaml')}`)
  }
}
