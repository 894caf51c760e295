import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SteppedClock } from '../../telemetry/clock.ts'
import { atOneLook, clockOfCopy } from './one-look.ts'

describe('one look', () => {
  it('shows the date of a copy while its waits go on', async () => {
    const clock = new SteppedClock()
    const copy = clockOfCopy(clock, 1_000)
    await clock.advance(5_000)
    assert.deepEqual([copy.now(), copy.monotonic()], [1_000, 5_000])
    assert.equal(clockOfCopy(clock, undefined), clock)
  })

  it('waits for no value, and still counts lines', () => {
    const lifecycle = { raise: { count: 3, withinMs: 60_000, forMs: 30_000 }, holdMs: 0, clearedByBoot: true }
    const base = {
      reason: 'Reason',
      condition: 'KernelReady',
      severity: 'warning',
      scope: 'hardware',
      family: 'x',
    } as const
    const [one] = atOneLook([{ ...base, lifecycle, repair: 'NoAction' }])
    assert.deepEqual(one?.lifecycle.raise, { count: 3, withinMs: 60_000 })
  })
})
