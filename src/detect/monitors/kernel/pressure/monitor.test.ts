import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { lookAt } from '../../testing/look-at.ts'
import { pressure } from './monitor.ts'

const file = (avg10: string, avg60: string) =>
  `some avg10=99.00 avg60=99.00 avg300=9.00 total=12\nfull avg10=${avg10} avg60=${avg60} avg300=1.00 total=9\n`
const stalls = (memory: readonly [string, string], io: readonly [string, string]) => ({
  'proc/pressure/memory': file(...memory),
  'proc/pressure/io': file(...io),
})
const none = ['0.00', '0.00'] as const

describe('pressure', () => {
  it('is over its limit only when both averages are, so a short peak does not count', async () => {
    assert.deepEqual((await lookAt(pressure, stalls(['80.00', '5.00'], ['5.00', '80.00']))).levels, [])
    assert.deepEqual((await lookAt(pressure, stalls(['31.50', '22.10'], none))).levels, [
      'over SystemMemoryContentionPressure: all tasks waited for memory 22.1 % of the time (31.5 % over 10 s, 22.1 % over 60 s)',
    ])
    assert.deepEqual((await lookAt(pressure, stalls(none, ['30.00', '90.00']))).levels, [
      'held SystemDiskContentionPressure: all tasks waited for storage 30 % of the time (30 % over 10 s, 90 % over 60 s)',
    ])
    assert.deepEqual((await lookAt(pressure, stalls(none, ['60.00', '45.00']))).levels, [
      'over SystemDiskContentionPressure: all tasks waited for storage 45 % of the time (60 % over 10 s, 45 % over 60 s)',
    ])
  })

  it('is absent where the kernel has no pressure information', async () => {
    const { state, absent, gauges } = await lookAt(pressure, {})
    assert.deepEqual([state, gauges], ['checked', []])
    assert.match(absent ?? '', /psi=1/)
  })

  it('is blind where its files have another format', async () => {
    const { state, why } = await lookAt(pressure, {
      'proc/pressure/memory': 'x\n',
      'proc/pressure/io': file('1.00', '1.00'),
    })
    assert.deepEqual([state, why], ['blind', '/proc/pressure has no line that begins with "full"'])
  })
})
