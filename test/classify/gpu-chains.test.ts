/** Chains of lines that one GPU fault writes, through rules and life cycle: one finding, led by its gravest line. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { compileShipped } from '../../src/catalog/shipped.ts'
import { decoders } from '../../src/detect/decode/decoders.ts'
import { adviseReasons } from '../../src/detect/decode/nvidia/incident.ts'
import { createSettings, noOverrides } from '../../src/detect/lifecycle/settings.ts'
import { emptyState } from '../../src/detect/lifecycle/state.ts'
import { step } from '../../src/detect/lifecycle/step.ts'
import { compileMatchers } from '../../src/detect/match/compile.ts'

const catalogue = compileShipped(join(import.meta.dirname, '..', '..', 'catalog'))
const matcher = compileMatchers(catalogue, decoders).of('kmsg')
const settings = createSettings({
  reasons: catalogue.reasons,
  overrides: noOverrides,
  acceptUserspace: false,
  advise: (reasons) => adviseReasons(reasons, catalogue.tables),
})

/** Feeds `[second, line]` pairs; returns the findings that stand and the accelerators' condition. */
function run(lines: readonly (readonly [number, string])[]) {
  let state = emptyState('boot', 0)
  lines.forEach(([second, text], position) => {
    const at = second * 1000
    for (const match of matcher.matchText(text)) {
      const sighting = { match, at, source: 'kmsg', position, trust: 'kernel' } as const
      state = step(state, [{ kind: 'seen', sighting }], { now: at, wallOffset: 0 }, settings).state
    }
  })
  const findings = [...state.findings.values()].map((finding) => finding.leader.reason)
  const { status, message } = state.conditions.AcceleratedHardwareReady
  return { findings, status, message }
}

const xid = (code: number, text = 'text') => `NVRM: Xid (PCI:0000:3b:00): ${code}, ${text}`
const action = (from: number, to: number) => xid(154, `GPU recovery action changed from 0x${from} (A) to 0x${to} (B)`)

test('bus loss: 79, the plain line, 154, then a rain of 45 and 119', () => {
  const lost = 'NVRM: GPU 0000:3b:00.0: GPU has fallen off the bus.'
  const rain = [45, 119, 119, 45].map((code, index) => [2 + 20 * index, xid(code)] as const)
  const result = run([[0, xid(79)], [0.1, lost], [1, action(0, 2)], ...rain])
  assert.deepEqual(result.findings, ['NvidiaXID79Error'])
  assert.equal(result.status, 'False')
})

test('memory: 171, 48, 94, 63, 45, 154 is led by 48', () => {
  const lines = [171, 48, 94, 63, 45].map((code, index) => [index / 10, xid(code)] as const)
  const result = run([...lines, [1, action(0, 4)]])
  assert.deepEqual(result.findings, ['NvidiaXID48Error'])
  assert.match(result.message, /together: drain-and-reset, the row remap takes effect at the reset/)
})

test('an application fault is one finding and never a condition', () => {
  const result = run([31, 43, 45].map((code, index) => [index / 10, xid(code)] as const))
  assert.deepEqual(result.findings, ['NvidiaXID31Warning'])
  assert.notEqual(result.status, 'False')
})

test('firmware: 62, 119, the rate limit and the failed start', () => {
  const limit =
    'NVRM: Rate limiting GSP RPC error prints for GPU at PCI:0000:3b:00 (printing 1 of every 30).  The GPU likely needs to be reset.'
  const start = 'NVRM: GPU 0000:3b:00.0: RmInitAdapter failed! (0x62:0x0:2477)'
  assert.deepEqual(
    run([
      [0, xid(62)],
      [1, xid(119)],
      [9, limit],
      [20, start],
    ]).findings,
    ['NvidiaXID62Error'],
  )
})

test('the driver says that it needs nothing any more, or is loaded anew: over', () => {
  assert.deepEqual(
    run([
      [0, xid(48)],
      [1, action(0, 1)],
      [900, action(1, 0)],
    ]).findings,
    [],
  )
  const load = 'nvidia-nvlink: Nvlink Core is being initialized, major device number 509'
  assert.deepEqual(
    run([
      [0, xid(79)],
      [900, load],
    ]).findings,
    [],
  )
})

test('two GPUs are two findings', () => {
  assert.equal(
    run([
      [0, xid(79)],
      [1, xid(79).replace('3b', '5e')],
    ]).findings.length,
    2,
  )
})

/** What the condition says after an Xid on a GPU and a look at which the driver asked for something. */
function afterVerdict(code: number, reason: string, device = '0000:3b:00.0'): string {
  const match = {
    ...(matcher.matchText(xid(79))[0] ?? assert.fail()),
    reason,
    entry: reason,
    code: 'verdict',
    device,
    message: 'the driver asks for something',
  }
  const seen = matcher.matchText(xid(code)).map((one) => {
    const sighting = { match: one, at: 0, source: 'kmsg', position: 0, trust: 'kernel' } as const
    return { kind: 'seen', sighting } as const
  })
  const { state } = step(emptyState('boot', 0), seen, { now: 0, wallOffset: 0 }, settings)
  const levels = [{ match, state: 'over' }] as const
  const looked = step(state, [{ kind: 'look', monitor: 'nvidia', levels }], { now: 60_000, wallOffset: 0 }, settings)
  return looked.state.conditions.AcceleratedHardwareReady.message
}

test('what the driver asks for counts more than what the number of an Xid advises, and a disagreement is told', () => {
  const disagreement = /the Xid alone would mean another repair \(reset the GPU\): what the driver asks for counts/
  assert.match(afterVerdict(46, 'NvidiaRebootRequested'), disagreement)
  assert.doesNotMatch(afterVerdict(46, 'NvidiaGpuResetRequested'), /another repair/)
  assert.doesNotMatch(afterVerdict(46, 'NvidiaRebootRequested', '0000:5e:00.0'), /another repair/)
  assert.doesNotMatch(afterVerdict(54, 'NvidiaRebootRequested'), /another repair/) // its advice is no repair
})
