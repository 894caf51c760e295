/** Several demos share one kernel log: each of their agents reads the lines of all. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type FaultHistory, isProven, missingText, seeAgentLog, startHistory } from '../../drill/fault-history.ts'
import { seededRandom } from '../../telemetry/clock.ts'
import { type DemoFault, drawFault } from './fault.ts'
import { summaryOf } from './print.ts'

const at = (second: number) => Date.parse('2026-01-01T00:00:00Z') + second * 1000
const stamp = (second: number) => new Date(at(second)).toISOString()

/** What an agent logs of a fault: the line, then its finding. */
const logOf = ({ line, device, condition }: DemoFault, second: number) => [
  { msg: 'evidence', ts: stamp(second), source: 'kmsg', text: line },
  {
    msg: 'finding raised',
    ts: stamp(second),
    reason: `of ${device}`,
    severity: 'fatal',
    device,
    conditionType: condition,
  },
]

const begin = (fault: DemoFault, second: number): FaultHistory =>
  startHistory('node-a', fault.condition, fault.line, at(second), fault.device)

const told = (history: FaultHistory) => history.entries.map(({ stage, what }) => `${stage} ${what}`)

test('L8: two runs on one kernel log: each follows its own line and finding, in whatever order they come', () => {
  const random = seededRandom(8)
  const [own, other] = [drawFault(random), drawFault(random)]
  const lines = [...logOf(own, 2), ...logOf(other, 2)]
  fc.assert(
    fc.property(fc.shuffledSubarray(lines, { minLength: lines.length }), fc.constantFrom(0, 2), (log, injected) => {
      const seen = log.reduce((history, line) => seeAgentLog(history, line, at(3)), begin(own, injected))
      assert.deepEqual(told(seen), [
        `injected ${own.line}`,
        `evidence kmsg: ${own.line}`,
        `finding of ${own.device} (fatal): undefined`,
      ])
    }),
  )
})

test('L8: no two runs write the same line or name the same device', () => {
  const random = seededRandom(8)
  const faults = Array.from({ length: 100 }, () => drawFault(random))
  assert.equal(new Set(faults.map((one) => one.device)).size, faults.length)
  for (const { line, device } of faults) {
    assert.match(
      line,
      /^NVRM: Xid \(PCI:[0-9a-f]{4}:[0-9a-f]{2}:00\): 79, pid=4242, name=demo-[0-9a-f]{4}, GPU has fallen/,
    )
    assert.ok(line.includes(`PCI:${device})`))
  }
})

test('L8: the last message and the summary name the stages that were not seen', () => {
  const history = begin(drawFault(seededRandom(1)), 0)
  const proven = { ...history, entries: [...history.entries, { stage: 'proof' as const, at: at(9), what: 'healthy' }] }
  assert.equal(isProven(proven), false)
  assert.equal(
    missingText(proven),
    'stages evidence, finding, condition, decision, cordon, drain, replacement were not seen, the last one seen is proof',
  )
  const { ok, missing } = summaryOf(proven)
  assert.deepEqual([ok, missing?.length], [false, 7])
  assert.match(missingText({ ...history, waiting: 'budget: 1 of 1' }), /the last one seen is injected; budget: 1 of 1$/)
})
