/**
 * Everything that reads what others wrote: lines of logs, /proc and /sys, JSON of host programs, files of the operator. Each
 * target runs one input and throws where its answer is not one that it may give.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadCatalogue } from '../../src/catalog/load.ts'
import { compileShipped } from '../../src/catalog/shipped.ts'
import { LineClassifier } from '../../src/cli/inspect/line-classifier.ts'
import { allMonitors } from '../../src/detect/assemble.ts'
import { decoders } from '../../src/detect/decode/decoders.ts'
import { readAccelerators } from '../../src/detect/host/inventory/accelerators.ts'
import { readDisks } from '../../src/detect/host/inventory/disks.ts'
import { readMachine } from '../../src/detect/host/inventory/machine.ts'
import { readNics } from '../../src/detect/host/inventory/nics.ts'
import { parseState } from '../../src/detect/ledger/state-file.ts'
import { parseConfig } from '../../src/detect/lifecycle/config.ts'
import { compileMatchers } from '../../src/detect/match/compile.ts'
import { looker } from '../../src/detect/monitors/testing/look-at.ts'
import { meaningsOf } from '../../src/detect/sources/framing/meanings.ts'
import { peelAll } from '../../src/detect/sources/framing/peel.ts'
import { parseRecord as parseJournal } from '../../src/detect/sources/journal/record.ts'
import { emptyRecord, parseRecord as parseKmsg } from '../../src/detect/sources/kmsg/record.ts'
import { readAcknowledgements } from '../../src/model/acknowledgement.ts'
import { readMark } from '../../src/model/drill.ts'
import type { Random } from '../../src/telemetry/clock.ts'
import { DamagedHost, machines } from './host.ts'
import { inputOf } from './inputs.ts'

export interface Target {
  readonly name: string
  /** How many inputs it gets for one of the slowest. */
  readonly share: number
  /** Makes an input and runs it; returns the input, for the report of a failure. */
  readonly run: (random: Random, tell: (input: string) => void) => Promise<void>
}

const root = join(import.meta.dirname, '..', '..')
const catalogue = compileShipped(join(root, 'catalog'))
const matchers = compileMatchers(catalogue, decoders)
const meanings = meaningsOf(catalogue, matchers.of('kmsg'))
const linesOf = (...path: readonly string[]): readonly string[] => readFileSync(join(root, ...path), 'utf8').split('\n')

/** Lines of real machines: every 20th of the recorded logs, the framings, the GPU lines. */
const lines: readonly string[] = [
  ...readdirSync(join(root, 'fixtures/kernel-logs')).flatMap((file) =>
    linesOf('fixtures/kernel-logs', file).filter((_line, n) => n % 20 === 0),
  ),
  ...linesOf('fixtures/framings/framings.txt'),
  ...linesOf('fixtures/kernel-lines/gpu.tsv'),
].filter((line) => line !== '')

const records = lines.map(
  (line, n) => `${n % 8},${n},${n * 1000},-;${line}\n SUBSYSTEM=pci\n DEVICE=+pci:0000:3b:00.0\n`,
)
const journal = lines.map((line, n) =>
  JSON.stringify({
    __CURSOR: `s=7a;i=${n};b=1`,
    __MONOTONIC_TIMESTAMP: `${n}`,
    _BOOT_ID: 'b',
    _TRANSPORT: n % 2 ? 'kernel' : 'stdout',
    SYSLOG_FACILITY: `${n % 3}`,
    _SYSTEMD_UNIT: 'kubelet.service',
    MESSAGE: n % 5 ? line : [...Buffer.from(line)],
  }),
)

/** An answer must not grow faster than its input. */
function bounded(answer: unknown, input: string): void {
  const size = JSON.stringify(answer)?.length ?? 0
  assert.ok(size <= 65_536 + 64 * input.length, `an answer of ${size} characters to ${input.length}`)
}

/** A target that reads one text. */
function reads(name: string, share: number, seeds: readonly string[], run: (input: string) => unknown): Target {
  return {
    name,
    share,
    async run(random, tell) {
      const input = inputOf({ random, seeds })
      tell(input)
      bounded(await run(input), input)
    },
  }
}

const yaml = readdirSync(join(root, 'catalog'))
  .filter((file) => file.endsWith('.yaml'))
  .flatMap((file) =>
    readFileSync(join(root, 'catalog', file), 'utf8')
      .split(/\n(?= {2}- reason:)/)
      .slice(1, 4),
  )
  .map((entry) => `family: site\ncondition: KernelReady\nreasons:\n${entry}\n`)

function ofPack(text: string): unknown {
  try {
    return loadCatalogue([{ file: 'pack.yaml', text }]).length
  } catch (error) {
    // A refusal names the place; anything else is a fault of the loader.
    if (error instanceof Error && error.name === 'CatalogueError') return error.message.slice(0, 100)
    throw error
  }
}

function classified(text: string): unknown {
  const classifier = new LineClassifier(meanings)
  const found = text.split('\n').flatMap((line) => classifier.take(line))
  return [...found, ...classifier.end()].map(({ matches }) => matches.map(({ match }) => match))
}

const config = [
  'reasons: {ConntrackNearlyFull: {severity: fatal, limit: 50, for: 10s}}\n',
  'reasons:\n  SoftLockup:\n    severity: info\n  IODelays: {disabled: true}\ncodes:\n  xid:\n    "63": {severity: fatal}\n',
]
const state = [
  JSON.stringify({
    version: 2,
    time: { bootId: 'b', base: 0, now: 1 },
    cursors: { kmsg: 3 },
    textCursors: { journal: 's=1' },
    findings: [['A|', { id: 'a', leader: {}, recent: [1], companions: [] }]],
    notices: [{ id: 'n' }],
    bases: { clock: { offsetMs: 1 } },
  }),
]

/** A monitor looks at damaged files again and again, each time with what it has kept of the look before. */
function looks(): Target {
  const made = new Map<
    string,
    { readonly look: () => Promise<{ readonly why: string | undefined }>; readonly host: DamagedHost }
  >()
  return {
    name: 'monitors on damaged files',
    share: 4,
    async run(random, tell) {
      const spec = allMonitors[Math.floor(random() * allMonitors.length)]
      const machine = machines[Math.floor(random() * machines.length)]
      if (!spec || machine === undefined || spec.log) return
      const key = `${spec.name} ${machine}`
      const known = made.get(key) ?? monitorOn(spec, machine, random)
      made.set(key, known)
      known.host.share = random() < 0.2 ? 1 : 0.3 * random()
      tell(key)
      // A question mark of the file is taken for a part without a value there: no fault of the monitor.
      const { why = '' } = await known.look().catch((error: Error) => {
        if (!error.message.includes('is not measured')) throw error
        return { why: '' }
      })
      // The driver takes an exception for a failed look: one that a parser did not mean is a fault all the same.
      assert.doesNotMatch(
        why,
        /Cannot read prop|undefined|is not (?:a function|iterable|defined)|stack|Invalid (?:array|string)/,
      )
    },
  }
}

function monitorOn(spec: (typeof allMonitors)[number], machine: string, random: Random) {
  const host = new DamagedHost(machine, random)
  return { host, look: looker(spec, host.root, { host }).look }
}

function inventories(): Target {
  const made = new Map<string, DamagedHost>()
  return {
    name: 'inventory of damaged files',
    share: 4,
    async run(random, tell) {
      const machine = machines[Math.floor(random() * machines.length)] ?? ''
      const host = made.get(machine) ?? new DamagedHost(machine, random)
      made.set(machine, host)
      host.share = 0.5 * random()
      tell(machine)
      const found = [readAccelerators(host), readDisks(host), readNics(host), readMachine(host)]
      assert.ok(JSON.stringify(found).length < 16 * 1024 * 1024)
    },
  }
}

const encoder = new TextEncoder()
const emptied = emptyRecord()

export const targets: readonly Target[] = [
  reads('frames of a line', 20, lines, (input) => peelAll(input).map(({ text }) => text)),
  reads('kernel log rules', 20, lines, (input) => matchers.of('kmsg').matchText(input)),
  reads('journal rules', 20, lines, (input) =>
    matchers.of('journal').matchText(input, ['kubelet.service', 'init.scope']),
  ),
  reads(
    'whole logs',
    4,
    lines.map((line, n) => `${line}\n${lines[(n * 7) % lines.length] ?? ''}\n`),
    classified,
  ),
  reads('records of /dev/kmsg', 20, records, (input) => {
    const bytes = encoder.encode(input)
    return parseKmsg(bytes, 0, bytes.length, emptied) ? emptied.textEnd - emptied.textStart : 'none'
  }),
  reads('entries of journalctl', 20, journal, parseJournal),
  reads('marks of drills', 20, ['x nodemend-drill=d1,Enforce,300s'], readMark),
  reads('acknowledgements', 10, ['[{"reason":"A","until":"2026-03-02T00:00:00Z","why":"x"}]'], readAcknowledgements),
  reads('state files', 10, state, parseState),
  reads('configuration', 1, config, (input) => parseConfig('/etc/config.yaml', input)),
  reads('rule packs', 1, yaml, ofPack),
  looks(),
  inventories(),
]
