/** `nodemend drill` as people call it: what it lists, refuses, plans, runs without a cluster, and reports. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { run } from '../../src/cli/run.ts'
import { readReport } from '../../src/drill/score/read.ts'
import type { DrillReport } from '../../src/drill/score/score.ts'
import { testIo } from './io.ts'

const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts')

async function asked(args: readonly string[], input = ''): Promise<{ code: number; out: string; err: string }> {
  const io = testIo(input)
  return { code: await run(['drill', ...args], io), ...io.printed }
}

/** Runs the program in a folder of its own; whatever is left in it afterwards was not cleaned up. */
function ran(
  t: TestContext,
  args: readonly string[],
): Promise<{ code: number | null; out: string; err: string; left: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-drill-test-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const child = spawn(process.execPath, [main, 'drill', ...args], { env: { ...process.env, TMPDIR: folder } })
  const said = { out: '', err: '' }
  child.stdout.on('data', (bytes: Buffer) => (said.out += bytes))
  child.stderr.on('data', (bytes: Buffer) => (said.err += bytes))
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, ...said, left: readdirSync(folder) })))
}

const reportOf = (text: string): DrillReport => {
  const read = readReport(text)
  return 'report' in read ? read.report : assert.fail(read.wrong)
}

describe('drill', () => {
  it('lists what can be injected and how, and why the rest cannot', async () => {
    const { code, out } = await asked(['list'])
    assert.equal(code, 0)
    assert.match(out, /^SoftLockup +KernelReady +warning +kernel-line +1$/m)
    assert.match(out, /^UnregisterNetDevice .* kernel-line +3$/m)
    assert.match(out, /^DiskNearlyFull +StorageReady +warning +full-disk$/m)
    assert.match(out, /^ConntrackNearlyFull .* - +measured by the monitor conntrack/m)
    assert.match((await asked(['list', '--xid'])).out, /^NvidiaXID79Error .* fatal +kernel-line/m)
    assert.match((await asked(['list', '--injections'])).out, /^full-disk +the node +the disk of/m)
  })

  it('refuses what it does not know, with what to do', async () => {
    for (const [args, message] of [
      [['run'], /name a reason, or give --all.* \(NM_DRILL_REASON\)/],
      [['run', 'SoftLockupp'], /is SoftLockup meant\?/],
      [['run', 'ConntrackNearlyFull'], /cannot be injected: measured by/],
      [['run', 'SoftLockup', '--injection', 'full-disk'], /take kernel-line/],
      [['run', 'DiskNearlyFull'], /give --mode enforce \(NM_DRILL_MODE\)/],
      [['run', 'SoftLockup', '--mode', 'act'], /Write observe, decide, enforce/],
      [['run', 'SoftLockup', '--for', '2h'], /from 10s to 1h/],
      [['report', '/no/such/file'], /cannot be read.* \(NM_DRILL_REPORT\)/],
    ] as const) {
      const { code, err } = await asked(args)
      assert.equal(code, 2, args.join(' '))
      assert.match(err, message)
    }
    assert.match((await asked(['report', '-'], '{}')).err, /is no report of a drill: schema: /)
  })

  it('prints the Job and the kubectl command that would inject', async () => {
    const { code, out } = await asked([
      'run',
      'SoftLockup',
      'CgroupOOMKilling',
      '--injection',
      'kernel-line',
      '--node',
      'worker-1',
      '--dry-run',
    ])
    assert.equal(code, 0)
    const jobs = parseAllDocuments(out).map((one) => one.toJS())
    assert.deepEqual(
      jobs.map(({ kind, spec }) => [kind, spec.template.spec.nodeName]),
      [
        ['Job', 'worker-1'],
        ['Job', 'worker-1'],
      ],
    )
    assert.match(out, /^# kubectl run nodemend-drill-\w+ --privileged .*soft lockup.*nodemend-drill=\w+,Observe,60s/m)
  })

  it('drills every reason of the kernel log without a cluster: all found, right, cleaned up, nothing left', async (t) => {
    const { code, out, err, left } = await ran(t, ['run', '--all', '--embedded', '--output', 'json'])
    assert.equal(code, 0, err)
    const { score, drills, undrillable } = reportOf(out)
    const { drills: count, detectedWithinMs, ...rest } = score
    assert.deepEqual(rest, { passed: count, detected: count, rightReason: count, cleaned: count, falseFindings: 0 })
    assert.ok(count >= 150 && new Set(drills.map(({ id }) => id)).size === count)
    assert.ok(undrillable.length > 0)
    assert.deepEqual(left, [])
    t.diagnostic(`${count} drills, detected within ${JSON.stringify(detectedWithinMs)} ms`)
  })

  it('decides without acting, enforces to the proof, and tells both from a saved file', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'nodemend-drill-saved-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'report.json')
    const decided = await ran(t, ['run', 'HardLockup', '--embedded', '--mode', 'decide', '--save', file])
    assert.equal(decided.code, 0, decided.out + decided.err)
    assert.match(decided.out, /decision +would-act \(gate drill\) by policy demo/)
    assert.deepEqual(reportOf(readFileSync(file, 'utf8')).score.passed, 1)
    const again = await asked(['report', file, '--output', 'markdown'])
    assert.equal(again.code, 0)
    assert.match(again.out, /^\| passed \| HardLockup \| KernelReady \| fatal /m)
    const enforced = await ran(t, ['run', 'NvidiaXID79Error', '--embedded', '--mode', 'enforce'])
    assert.equal(enforced.code, 0, enforced.out + enforced.err)
    assert.match(enforced.out, /proven +the node stayed healthy/)
  })

  it('ends with 1 where a drill failed', async () => {
    const golden = readFileSync(join(import.meta.dirname, '../../golden/drill/report.json'), 'utf8')
    const { code, out, err } = await asked(['report', '-'], golden)
    assert.deepEqual([code, err], [1, ''])
    assert.match(out, /^failed +HardLockup/m)
  })
})
