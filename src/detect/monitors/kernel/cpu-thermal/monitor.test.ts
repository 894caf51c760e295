import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { lookAt, looksAt } from '../../testing/look-at.ts'
import { cpuThermal } from './monitor.ts'

/** Four CPUs in two packages; every CPU of a package shows the package's counter. */
function machine(first: number, second: number) {
  const cpu = (n: number, socket: number, ms: number) => ({
    [`sys/devices/system/cpu/cpu${n}/topology/physical_package_id`]: `${socket}\n`,
    [`sys/devices/system/cpu/cpu${n}/thermal_throttle/package_throttle_total_time_ms`]: `${ms}\n`,
  })
  return { ...cpu(0, 0, first), ...cpu(1, 0, first), ...cpu(2, 1, second), ...cpu(3, 1, second) }
}
const seen = async (counts: readonly number[]) =>
  (
    await looksAt(
      cpuThermal,
      counts.map((ms) => machine(9_000_000, ms)),
      60_000,
    )
  ).map(({ levels }) => levels.filter((level) => !level.startsWith('kept')))

describe('thermal throttling', () => {
  it('measures the share of time by package, counting each package once', async () => {
    const text = 'over CPUThrottled: the processor was throttled 50 % of five minutes because of its heat on package1'
    assert.deepEqual(await seen([700, 30_700]), [[], [text]])
  })

  it('ends when the package has been cool for five minutes, and survives a reset of the counter', async () => {
    const looks = await seen([0, 30_000, 30_000, 30_000, 30_000, 30_000, 30_000])
    assert.deepEqual([looks[1]?.length, looks[6]], [1, []])
    assert.deepEqual(await seen([90_000, 90_000, 100]), [[], [], []])
  })

  it('is absent where the processor does not count', async () => {
    assert.match((await lookAt(cpuThermal, {})).absent ?? '', /do not count/)
  })
})
