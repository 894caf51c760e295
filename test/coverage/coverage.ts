/**
 * Which test raises each reason, and how real its fault is. Measured reasons and real faults are recorded while the tests
 * run (`npm run coverage`); reasons of a log are raised by their samples in test/life-cycle and by recorded logs.
 */
import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compileShipped, loadShipped } from '../../src/catalog/shipped.ts'
import { decoders } from '../../src/detect/decode/decoders.ts'
import { compileMatchers } from '../../src/detect/match/compile.ts'
import type { Matcher } from '../../src/detect/match/matcher.ts'
import { peel } from '../../src/detect/sources/framing/peel.ts'

const root = join(import.meta.dirname, '..', '..')
export const recordFile = join(import.meta.dirname, 'fired.tsv')

/** `unit`: files that a test wrote. `real`: a fault of this kernel, of real services or of a real journal. */
export const recordedKinds = {
  unit: 'src/detect/monitors/**/*.test.ts',
  real: 'test/real-faults/*.test.ts',
} as const
export type RecordedKind = keyof typeof recordedKinds

/** A test that saw a reason raised. */
export interface Fired {
  readonly kind: RecordedKind
  readonly reason: string
  /** Path from the repository's root. */
  readonly file: string
}

export interface Coverage {
  readonly reason: string
  /** Sample lines that raise it in a whole agent; 0 for a measured reason. */
  readonly samples: number
  readonly unit: readonly string[]
  readonly real: readonly string[]
  readonly standIn: readonly string[]
}

/** The recorded rows, and what the fixtures show, for every reason in the order of the catalogue. */
export function coverageOf(catalogueFolder: string, fired: readonly Fired[] = readFired()): readonly Coverage[] {
  const catalogue = compileShipped(catalogueFolder)
  const matcher = compileMatchers(catalogue, decoders).of('kmsg')
  const logs = loggedIn(matcher)
  const entries = loadShipped(catalogueFolder).flatMap(({ content }) => content.reasons)
  return entries.map(({ reason, detect, probe }) => {
    const files = (kind: RecordedKind): readonly string[] =>
      fired.filter((one) => one.kind === kind && one.reason === reason).map(({ file }) => file)
    const samples = detect.filter(({ recovery }) => !recovery).reduce((sum, { matches }) => sum + matches.length, 0)
    // Only code can raise it: the agent's own faults are made in the test of its life cycle.
    const own = detect.length === 0 && probe === undefined ? ['test/life-cycle/life-cycle.test.ts'] : []
    return {
      reason,
      samples,
      unit: [...own, ...files('unit')],
      real: [...files('real'), ...(logs.provoked.get(reason) ?? [])],
      standIn: [...(logs.recorded.get(reason) ?? [])],
    }
  })
}

/** Reasons by the logs of real machines that show them: where the fault was provoked, and where it was recorded. */
function loggedIn(matcher: Matcher) {
  const folder = 'fixtures/kernel-logs'
  const found = { provoked: new Map<string, Set<string>>(), recorded: new Map<string, Set<string>>() }
  const add = (map: Map<string, Set<string>>, file: string, lines: readonly string[]): void => {
    for (const line of lines) {
      for (const { entry, recovery } of matcher.matchText(peel(line).text)) {
        if (!recovery) map.set(entry, (map.get(entry) ?? new Set()).add(file))
      }
    }
  }
  for (const name of readdirSync(join(root, folder)).sort()) {
    const lines = readFileSync(join(root, folder, name), 'utf8').split('\n')
    const file = `${folder}/${name}`
    if (name.startsWith('provoked-'))
      add(
        found.provoked,
        file,
        lines.map((line) => line.split('\t')[2] ?? ''),
      )
    else if (name.endsWith('.log')) add(found.recorded, file, lines)
  }
  const gpu = 'fixtures/kernel-lines/gpu.tsv'
  add(
    found.recorded,
    gpu,
    readFileSync(join(root, gpu), 'utf8')
      .split('\n')
      .map((line) => line.split('\t')[0] ?? ''),
  )
  return found
}

export function readFired(): readonly Fired[] {
  const [, ...rows] = readFileSync(recordFile, 'utf8').trimEnd().split('\n')
  return rows.map((row) => {
    const [kind = '', reason = '', file = ''] = row.split('\t')
    if (kind !== 'unit' && kind !== 'real') throw new TypeError(`${recordFile}: no kind ${kind}; run npm run coverage`)
    return { kind, reason, file }
  })
}

export function firedText(fired: readonly Fired[]): string {
  const rows = fired.map(({ kind, reason, file }) => `${kind}\t${reason}\t${file}`).sort()
  return `${['kind\treason\tfile', ...new Set(rows)].join('\n')}\n`
}

/** Runs the test files and returns the reasons that they raised; throws where a test fails. */
export function runAndRecord(files: readonly string[]): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-fired-'))
  try {
    const record = join(folder, 'fired')
    const args = ['--test', '--test-isolation=none', '--test-reporter=dot', ...files]
    const { NODE_TEST_CONTEXT: _inner, ...outer } = process.env // this run is not part of the one that started it
    // Inherited by the programs that a test starts in namespaces.
    const env = { ...outer, NODEMEND_FIRED: record, NODE_OPTIONS: `--import ${join(import.meta.dirname, 'record.ts')}` }
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' })
    if (status !== 0) throw new Error(`${files.join(' ')} failed:\n${stdout}${stderr}`)
    return [...new Set(linesOf(record))].sort()
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n')
  } catch {
    return [] // nothing was raised
  }
}

/** The test files whose reasons are recorded. */
export function filesOf(kind: RecordedKind): readonly string[] {
  return globSync(recordedKinds[kind], { cwd: root }).sort()
}
