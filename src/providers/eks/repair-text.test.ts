import assert from 'node:assert/strict'
import { test } from 'node:test'
import { repairText } from './repair-text.ts'

test('words: off unless it is on, and the default of EKS where nothing is set', () => {
  assert.equal(repairText(undefined), 'off')
  assert.equal(repairText({ enabled: false, maxUnhealthyNodeThresholdCount: 3 }), 'off')
  assert.equal(repairText({ enabled: true }), 'on; stops above 20 % (of more than 5 nodes) unhealthy')
  const overrides = [{ nodeUnhealthyReason: 'NvidiaXID31Error', repairAction: 'NoAction', minRepairWaitTimeMins: 15 }]
  assert.equal(
    repairText({
      enabled: true,
      maxUnhealthyNodeThresholdCount: 3,
      maxParallelNodesRepairedPercentage: 50,
      nodeRepairConfigOverrides: overrides as never, // the SDK wants the condition, too
    }),
    'on; stops above 3 unhealthy; 50 % at a time; NvidiaXID31Error NoAction after 15m',
  )
})
