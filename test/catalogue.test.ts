/** The shipped catalogue: it loads, every sample does what it says, every entry is worth reading. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { codeFamilies } from '../src/catalog/code-families.ts'
import type { ReasonEntry } from '../src/catalog/schema.ts'
import { compileShipped, loadShipped, shippedFiles } from '../src/catalog/shipped.ts'
import { allMonitors as monitors } from '../src/detect/assemble.ts'
import { decoders } from '../src/detect/decode/decoders.ts'
import { decodeSxid } from '../src/detect/decode/nvidia/sxid.ts'
import { decodeXid } from '../src/detect/decode/nvidia/xid.ts'
import { createSettings, noOverrides } from '../src/detect/lifecycle/settings.ts'
import { emptyState } from '../src/detect/lifecycle/state.ts'
import { type Input, step } from '../src/detect/lifecycle/step.ts'
import { sighting } from '../src/detect/lifecycle/testing/settings.ts'
import { compileMatchers } from '../src/detect/match/compile.ts'
import { runSamples } from '../src/detect/match/samples.ts'
import { probeComplaints } from '../src/detect/monitors/measured.ts'
import { peel } from '../src/detect/sources/framing/peel.ts'
import { logNames } from '../src/model/evidence.ts'

const folder = join(import.meta.dirname, '..', 'catalog')

/** The least number of rules that the bench bars are stated for. */
const leastRules = 120

test('every sample of every shipped rule holds against the whole catalogue', () => {
  const run = runSamples(loadShipped(folder), compileMatchers(compileShipped(folder), decoders))
  assert.deepEqual(
    run.failures.map((one) => `${one.file}:${one.line}: ${one.message}`),
    [],
  )
  assert.ok(run.samples > leastRules)
})

/** What the shipped rules say of every sample. */
function saidOfSamples() {
  const catalogue = compileShipped(folder)
  const matchers = compileMatchers(catalogue, decoders)
  const said = loadShipped(folder)
    .flatMap(({ content }) => content.reasons.flatMap(({ detect }) => detect))
    .flatMap(({ source, matches, units, files }) =>
      matches.flatMap((text) =>
        matchers
          .of(source)
          .matchText(source === 'kmsg' ? peel(text).text : text, units ?? files)
          .map((match) => ({ ...match, text })),
      ),
    )
  return { catalogue, said }
}

test('no message begins or ends as if a name were missing', () => {
  const { said } = saidOfSamples()
  const broken = said.filter(({ message, text }) => {
    const [, last] = /( of| on| in)$/.exec(message) ?? []
    return /^(?:[,:;]|is |are |was )|[,:;]$/.test(message) || (last !== undefined && !text.endsWith(last)) // the kernel's own end
  })
  assert.ok(said.length > leastRules)
  assert.deepEqual(
    broken.map(({ reason, message }) => `${reason}: ${message}`),
    [],
  )
})

test('a family whose findings carry codes takes overrides per code', () => {
  const { catalogue, said } = saidOfSamples()
  const coded = new Set(said.filter(({ code }) => code !== undefined).map(({ family }) => family))
  assert.ok(coded.has('xid') && coded.has('sxid'))
  assert.deepEqual(
    [...coded].filter((family) => !codeFamilies(catalogue).includes(family)),
    [],
  )
})

test('every file of the folder is shipped: a new one has its place in shippedFiles, specific before general', () => {
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'))
  assert.deepEqual(files.sort(), [...shippedFiles].sort())
})

test(`there are at least ${leastRules} rules`, () => {
  assert.ok(compileShipped(folder).rules.length >= leastRules)
})

test('the tables are whole: Xid 1 to 176, 421 SXids, 96 decode rows', () => {
  const { tables } = compileShipped(folder)
  const codes = tables.xids.map((row) => row.code)
  assert.deepEqual(
    codes,
    [...new Set(codes)].sort((a, b) => a - b),
  )
  assert.equal(codes.length, 176)
  assert.equal(tables.sxids.length, 421)
  assert.equal(tables.nvlink5.length, 96)
})

test('the drill line of every fatal hardware reason makes its condition False, as often as the reason asks for', () => {
  const catalogue = compileShipped(folder)
  const matcher = compileMatchers(catalogue, decoders).of('kmsg')
  const settings = createSettings({ reasons: catalogue.reasons, overrides: noOverrides, acceptUserspace: true })
  const condemned = (entry: ReasonEntry): boolean => {
    const line = entry.drill?.kmsg ?? ''
    const seen = Array.from({ length: entry.lifecycle.raise.count }, (_, sequence): readonly Input[] =>
      matcher
        .matchText(line)
        .filter((match) => match.entry === entry.reason)
        .map((match) => ({ kind: 'seen', sighting: sighting(sequence, sequence, match) })),
    )
    const { state } = step(emptyState('boot', 0), seen.flat(), { now: 1000, wallOffset: 0 }, settings)
    return Object.values(state.conditions).some(({ status }) => status === 'False')
  }
  const wrong = loadShipped(folder).flatMap((file) =>
    file.content.reasons
      .filter(({ severity, scope }) => severity === 'fatal' && scope === 'hardware')
      .filter(({ detect }) => detect.some(({ source }) => source === 'kmsg')) // where a drill writes
      .filter((entry) => !condemned(entry))
      .map((entry) => `${file.file}: ${entry.reason}`),
  )
  assert.deepEqual(wrong, [], 'give the reason a drill line that its own rule matches, or scope: application')
})

test('every reason that the agent’s own code raises is an entry', () => {
  const reasons = new Set(compileShipped(folder).reasons.map((one) => one.reason))
  const raised = detectionSources().flatMap((text) =>
    [...text.matchAll(/(?:ownFinding\([^,]+, |(?:losses|flood) = \{\s*reason: )'([A-Z]\w+)'/g)].map(
      ([, name = '']) => name,
    ),
  )
  assert.deepEqual(raised.sort(), ['AgentStateNotSaved', 'KernelLogFlood', 'KernelLogOverrun', 'MonitorFailed'])
  assert.deepEqual(
    raised.filter((name) => !reasons.has(name)),
    [],
  )
})

test('a measured reason names a value that its monitor declares, and each declared value has a reason or is a gauge only', () => {
  const reasons = compileShipped(folder).reasons.flatMap(({ reason, probe }) => (probe ? [{ reason, ...probe }] : []))
  const declared = monitors.flatMap(({ name, values = {} }) =>
    Object.entries(values).map(([value, { gaugeOnly = false }]) => ({ place: `${name}/${value}`, gaugeOnly })),
  )
  const places = new Set(declared.map(({ place }) => place))
  assert.deepEqual(
    reasons.filter(({ monitor, value }) => !places.has(`${monitor}/${value}`)).map(({ reason }) => reason),
    [],
    'add the value to `values` in the monitor.ts of that monitor, or mend `probe` of the reason in catalog/',
  )
  const limited = new Set(reasons.map(({ monitor, value }) => `${monitor}/${value}`))
  assert.deepEqual(
    declared.filter(({ place, gaugeOnly }) => limited.has(place) === gaugeOnly).map(({ place }) => place),
    [],
    'add a reason in catalog/, or gaugeOnly: true in monitor.ts; a value with a reason has no gaugeOnly',
  )
})

test('the message of a measured reason names parts that its monitor measures', () => {
  const wrong = loadShipped(folder).flatMap(({ reasons }) =>
    reasons.flatMap(({ probe }) => (probe ? probeComplaints(probe, monitors) : [])),
  )
  assert.deepEqual(wrong, [])
})

test('a condition of a reason is one that the monitor speaks for which sees it', () => {
  const { reasons, rules } = compileShipped(folder)
  const wrong = reasons.filter(({ reason, probe, condition }) => {
    const logs = new Set(rules.filter((rule) => rule.reason === reason).map(({ source }) => source))
    const seeing = monitors.filter(({ name, log }) => name === probe?.monitor || (log && logs.has(log)))
    return seeing.some(({ conditions }) => !conditions.includes(condition))
  })
  assert.deepEqual(wrong, [])
})

test('each log that a rule may name is followed by one monitor', () => {
  const remedy =
    'each name of logNames in src/model/evidence.ts needs one logMonitor in src/detect/monitors/monitors.ts'
  assert.deepEqual(monitors.flatMap(({ log = [] }) => log).sort(), [...logNames].sort(), remedy)
})

test('every entry that a decoder names is an entry', () => {
  const { reasons: entries, tables } = compileShipped(folder)
  const reasons = new Set(entries.map((one) => one.reason))
  const lines = [
    ...tables.xids.map(({ code }) => `NVRM: Xid (PCI:0000:3b:00): ${code}, pid=1, name=x, text`),
    ...tables.sxids.map(({ code }) => `nvidia-nvswitch0: SXid (PCI:0000:c1:00.0): ${code}, Fatal, Link 1 text`),
    ...tables.sxids.map(({ code }) => `nvidia-nvswitch0: SXid (PCI:0000:c1:00.0): ${code}, text`),
  ]
  const decoded = lines.map((line) => decodeXid(line, tables)?.entry ?? decodeSxid(line, tables)?.entry ?? line)
  assert.deepEqual(
    decoded.filter((entry) => !reasons.has(entry)),
    [],
  )
})

/** Texts of the product files of detection. */
function detectionSources(): string[] {
  const source = join(import.meta.dirname, '..', 'src', 'detect')
  return readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.includes('testing/'))
    .map((file) => readFileSync(join(source, file), 'utf8'))
}

test('application findings are never fatal', () => {
  const wrong = compileShipped(folder).reasons.filter((one) => one.scope === 'application' && one.severity === 'fatal')
  assert.deepEqual(wrong, [])
})
