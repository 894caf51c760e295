/** The forms of a report, on a suite with a drill that passed, one that failed, and texts of somebody who means ill. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkGolden } from '../../../test/golden.ts'
import { htmlReport } from './html.ts'
import { markdownReport } from './markdown.ts'
import { readReport } from './read.ts'
import { type DrillReport, type DrillResult, firstFailure, reportSchema, scoreOf } from './score.ts'

const hostile = '<img src=x onerror="alert(1)"> | `x` [a](javascript:b) **c**\u001b[31m\n# d & \u202e'

const passed: DrillResult = {
  id: 'd1',
  reason: 'SoftLockup',
  condition: 'KernelReady',
  severity: 'warning',
  injection: 'kernel-line',
  node: 'worker-1',
  mode: 'Observe',
  injectedAt: '2026-11-29T03:00:00.000Z',
  passed: true,
  stages: [
    { stage: 'injected', verdict: 'passed', afterMs: 0, what: 'a line' },
    { stage: 'detected', verdict: 'passed', afterMs: 840, what: 'CPU 1 stuck' },
    { stage: 'reason', verdict: 'passed', afterMs: 840, what: 'SoftLockup' },
    { stage: 'decision', verdict: 'not-asked', what: 'this evidence condemns nothing, so nothing is decided' },
    { stage: 'cleaned', verdict: 'passed', afterMs: 1_500, what: 'nothing of the drill is left' },
  ],
  falseFindings: [],
  beside: [],
}
const failed: DrillResult = {
  ...passed,
  id: 'd2',
  reason: 'HardLockup',
  severity: 'fatal',
  node: hostile,
  passed: false,
  stages: [
    { stage: 'injected', verdict: 'passed', afterMs: 0, what: hostile },
    { stage: 'detected', verdict: 'failed', what: `not seen: ${hostile}` },
    { stage: 'reason', verdict: 'failed', what: 'not seen: HardLockup' },
    { stage: 'cleaned', verdict: 'passed', afterMs: 300, what: 'nothing of the drill is left' },
  ],
  falseFindings: [`KernelBug: ${hostile}`],
  beside: [`DiskStalled: ${hostile}`],
}
const drills = [passed, failed]
const report: DrillReport = {
  schema: reportSchema,
  version: '0.1.0',
  cluster: `https://127.0.0.1:6443 ${hostile}`,
  startedAt: '2026-11-29T03:00:00.000Z',
  endedAt: '2026-11-29T03:01:00.000Z',
  score: scoreOf(drills),
  drills,
  undrillable: [
    { reason: 'DiskStalled', condition: 'StorageReady', severity: 'warning', why: 'measured by the monitor disk-io' },
  ],
}

test('the score counts what was passed, and names the median and the longest time to detection', () => {
  assert.deepEqual(report.score, {
    drills: 2,
    passed: 1,
    detected: 1,
    rightReason: 1,
    cleaned: 2,
    falseFindings: 1,
    detectedWithinMs: { median: 840, most: 840 },
  })
  assert.equal('detectedWithinMs' in scoreOf([failed]), false)
  assert.match(firstFailure(failed) ?? '', /^detected: not seen/)
  assert.equal(firstFailure({ ...passed, falseFindings: ['KernelBug: x'] }), 'false finding KernelBug: x')
})

test('Markdown and HTML are golden, and nothing that others wrote is markup in them', () => {
  const [markdown, html] = [markdownReport(report), htmlReport(report)]
  checkGolden('drill/report.md', markdown)
  checkGolden('drill/report.html', html)
  for (const text of [markdown, html]) {
    assert.doesNotMatch(text, /<img|\u001b|\u202e|^# d/m)
  }
  assert.doesNotMatch(markdown, /(?<!\\)\[a\]|(?<!\\)\*\*c/)
  const cells = markdown.split('\n').filter((line) => line.startsWith('| failed'))
  assert.deepEqual(
    cells.map((line) => line.split(/(?<!\\)\|/).length),
    [11],
  )
})

test('JSON is read back as it was written, and everything else is refused with what is wrong', () => {
  const text = JSON.stringify(report, null, 2)
  checkGolden('drill/report.json', `${text}\n`)
  assert.deepEqual(readReport(text), { report })
  for (const [wrong, why] of [
    ['', /no JSON/],
    ['{}', /^schema: /],
    [text.replace('"d2"', '7'), /^drills\.1\.id: /],
    [text.replace('"stage": "detected"', '"stage": "noticed"'), /^drills\.0\.stages\.1\.stage: /],
  ] as const)
    assert.match((readReport(wrong) as { wrong: string }).wrong, why)
})
