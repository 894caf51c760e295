/** `nodemend rules test FILE`: checks whether the agent would load this rule pack and whether its samples match. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { type LoadedFile, loadCatalogue } from '../../catalog/load.ts'
import { compileShipped, joinFiles, loadShipped } from '../../catalog/shipped.ts'
import { allMonitors } from '../../detect/assemble.ts'
import { decoders } from '../../detect/decode/decoders.ts'
import { compileMatchers } from '../../detect/match/compile.ts'
import { runSamples, type SampleFailure, type SampleRun } from '../../detect/match/samples.ts'
import { probeComplaints } from '../../detect/monitors/measured.ts'
import { CommandError, exitCodes, type Io } from '../io.ts'
import { catalogueFolder } from './catalogue-folder.ts'
import { unreadable } from './unreadable.ts'

export function rulesCommand(io: Io): Command {
  const test = new Command('test')
    .description('check rule packs and run their samples against them and the shipped rules')
    .argument('<file...>', 'rule packs in the catalogue’s YAML format')
    .action((files: string[]) => {
      const run = testPacks(files, io)
      const failures = [...run.failures, ...run.wrong]
      for (const one of failures) io.stdout(`${one.file}:${one.line}:${one.column}: ${one.message}\n`)
      const measured =
        run.measured === 0 ? '' : `; ${run.measured} measured reasons checked, ${run.wrong.length} mistakes`
      io.stdout(`${run.samples - run.failures.length} of ${run.samples} samples pass${measured}\n`)
      if (failures.length > 0) throw new CommandError('NM_RULES_SAMPLES', '', exitCodes.unhealthy)
    })
  return new Command('rules').description('work with rule packs').addCommand(test)
}

/** What was tested: samples, and the reasons that a monitor measures. */
interface Tested extends SampleRun {
  readonly measured: number
  readonly wrong: readonly SampleFailure[]
}

/**
 * Loads `files` before the shipped catalogue, as the agent does, and runs their samples. A shipped file
 * among them is not loaded twice and keeps its place in the order.
 */
function testPacks(files: readonly string[], io: Io): Tested {
  const from = catalogueFolder(io.programFile)
  const shipped = loadShipped(from)
  const own = new Map(typeof from === 'string' ? shipped.map((file) => [resolve(from, '..', file.file), file]) : [])
  const packs = loadCatalogue(
    files.filter((file) => !own.has(resolve(file))).map((file) => ({ file, text: read(file) })),
    new Set(shipped.flatMap((file) => file.reasons.map((one) => one.reason))),
  )
  const tested = [...packs, ...files.flatMap((file) => own.get(resolve(file)) ?? [])]
  const { tables } = compileShipped(from)
  const run = runSamples(tested, compileMatchers(joinFiles([...packs, ...shipped], tables), decoders))
  return { ...run, measured: measuredIn(tested), wrong: tested.flatMap(measuredFailures) }
}

function measuredIn(files: readonly LoadedFile[]): number {
  return files.flatMap(({ reasons }) => reasons).filter(({ probe }) => probe !== undefined).length
}

/** A measured reason whose monitor, value or part does not exist can never be raised, or says nothing. */
function measuredFailures(file: LoadedFile): SampleFailure[] {
  return file.content.reasons.flatMap(({ reason, probe }, index) =>
    (probe ? probeComplaints(probe, allMonitors) : []).map((message) => ({
      file: file.file,
      ...file.locate(['reasons', index, 'probe']),
      reason,
      message,
    })),
  )
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw unreadable(file, error, `its files: ${join(file, '*.yaml')}`)
  }
}
