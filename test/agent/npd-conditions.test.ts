/** `--conditions npd`: the conditions of the node problem detector beside ours, derived from the same findings. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { compileShipped } from '../../src/catalog/shipped.ts'
import { npdConditions } from '../../src/detect/report/npd-conditions.ts'
import { conditionTypes, npdConditionTypes } from '../../src/model/condition.ts'
import { type AgentRig, rigFor } from './rig.ts'

const npd = { npdConditions: true }
const lockup = 'watchdog: BUG: soft lockup - CPU#7 stuck for'
const saidOf = (rig: AgentRig, type: string) => {
  const { status, reason } = rig.api.condition(type) ?? {}
  return [status, reason]
}

describe('conditions of the node problem detector', () => {
  it('are False on a machine that is well, and not there without the flag', async (t) => {
    const rig = rigFor(t)
    await rig.start(npd)
    await rig.pass(10_000)
    assert.deepEqual(
      rig.api.conditions.map(({ type }) => type),
      [...conditionTypes, ...npdConditionTypes],
    )
    assert.deepEqual(saidOf(rig, 'KernelDeadlock'), ['False', 'KernelHasNoDeadlock'])
    assert.deepEqual(saidOf(rig, 'FrequentContainerdRestart'), ['False', 'NoFrequentContainerdRestart'])
    await rig.stop()
    await rig.start()
    await rig.pass(10_000)
    assert.deepEqual(
      rig.api.conditions.map(({ type }) => type),
      conditionTypes,
    )
  })

  it('turn True with a finding that counts, keep their times over a restart, and turn False with its end', async (t) => {
    const rig = rigFor(t)
    await rig.start(npd)
    await rig.pass(10_000)
    const well = rig.api.condition('KernelDeadlock')?.lastTransitionTime
    rig.log(`${lockup} 26s! [kworker/7:1:88]`)
    await rig.pass(10_000)
    assert.deepEqual(saidOf(rig, 'KernelDeadlock'), ['False', 'KernelHasNoDeadlock'], 'a warning is no deadlock')
    assert.equal(rig.api.condition('KernelDeadlock')?.lastTransitionTime, well)
    rig.log('watchdog: Watchdog detected hard LOCKUP on cpu 2')
    await rig.pass(10_000)
    assert.deepEqual(saidOf(rig, 'KernelDeadlock'), ['True', 'HardLockup'])
    assert.match(rig.api.condition('KernelDeadlock')?.message ?? '', /^CPU 2 takes no interrupts/)
    const since = rig.api.condition('KernelDeadlock')?.lastTransitionTime
    const calm = rig.api.condition('ReadonlyFilesystem')?.lastTransitionTime
    await rig.pass(60_000)
    await rig.stop()
    await rig.start(npd)
    await rig.pass(60_000)
    assert.deepEqual(
      [
        rig.api.condition('KernelDeadlock')?.lastTransitionTime,
        rig.api.condition('ReadonlyFilesystem')?.lastTransitionTime,
      ],
      [since, calm],
    )
    await rig.stop()
    rig.file('dev/kmsg', '')
    rig.reboot('boot-two-00000000')
    await rig.start(npd)
    await rig.pass(10_000)
    assert.deepEqual(saidOf(rig, 'KernelDeadlock'), ['False', 'KernelHasNoDeadlock'])
    assert.notEqual(rig.api.condition('KernelDeadlock')?.lastTransitionTime, since)
    assert.equal(rig.api.condition('ReadonlyFilesystem')?.lastTransitionTime, calm)
  })

  it('know no drill that only observes', async (t) => {
    const rig = rigFor(t)
    await rig.start(npd)
    rig.log('watchdog: Watchdog detected hard LOCKUP on cpu 2 nodemend-drill=d1,Observe,300s', 12)
    await rig.pass(10_000)
    assert.deepEqual(saidOf(rig, 'KernelDeadlock'), ['False', 'KernelHasNoDeadlock'])
  })

  it('derive from reasons of the catalogue, each of the condition that says whether anybody looks', () => {
    const reasons = new Map(
      compileShipped(join(import.meta.dirname, '..', '..', 'catalog')).reasons.map((one) => [one.reason, one]),
    )
    for (const [type, derived] of Object.entries(npdConditions)) {
      for (const reason of derived.reasons)
        assert.equal(reasons.get(reason)?.condition, derived.by, `${type}: ${reason}`)
    }
  })
})
