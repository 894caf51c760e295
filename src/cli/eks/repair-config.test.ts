import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAmount, parseOverride, repairConfig } from './repair-config.ts'

test('an amount is a number of nodes, or a share of 1 to 100 %', () => {
  assert.deepEqual(parseAmount('3'), { count: 3 })
  assert.deepEqual(parseAmount('20%'), { percent: 20 })
  assert.deepEqual(parseAmount('100%'), { percent: 100 })
  for (const text of ['', '0', '0%', '101%', '-1', '1.5', '20 %', '1e3', 'all']) {
    assert.equal(parseAmount(text), undefined, text)
  }
})

test('an override names condition, reason, action and a wait of whole minutes', () => {
  assert.deepEqual(parseOverride('AcceleratedHardwareReady/NvidiaXID64Error=Replace@5m'), {
    nodeMonitoringCondition: 'AcceleratedHardwareReady',
    nodeUnhealthyReason: 'NvidiaXID64Error',
    minRepairWaitTimeMins: 5,
    repairAction: 'Replace',
  })
  for (const [text, complaint] of [
    ['NvidiaXID64Error=Replace@5m', /CONDITION\/REASON=ACTION@WAIT/],
    ['StorageReady/IODelays=Replace', /CONDITION\/REASON=ACTION@WAIT/],
    ['DiskPressure/X=Replace@5m', /conditions are KernelReady/],
    ['StorageReady/IODelays=Delete@5m', /actions are Replace, Reboot, NoAction/],
    ['StorageReady/IODelays=Replace@90s', /whole minutes/],
    ['StorageReady/IODelays=Replace@soon', /whole minutes/],
  ] as const) {
    const found = parseOverride(text)
    assert.match(typeof found === 'string' ? found : 'accepted', complaint, text)
  }
})

test('the configuration says the count or the share, never both, and only what was asked for', () => {
  assert.deepEqual(repairConfig({ overrides: [] }), { enabled: true })
  assert.deepEqual(repairConfig({ maxUnhealthy: { count: 2 }, maxParallel: { percent: 50 }, overrides: [] }), {
    enabled: true,
    maxUnhealthyNodeThresholdCount: 2,
    maxParallelNodesRepairedPercentage: 50,
  })
})
