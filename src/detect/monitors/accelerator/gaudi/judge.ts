/** Tells accelerators that the driver gave up from those that it resets or starts. */
import type { Measured } from '../../limits.ts'
import type { GaudiDevice } from './read.ts'

export function judgeGaudi(devices: readonly GaudiDevice[]): readonly Measured<'malfunction' | 'not-operational'>[] {
  return devices.flatMap(({ name: device, status }) => {
    const failed = status === 'malfunction'
    const parts = { status }
    return [
      { value: 'malfunction', amount: failed ? 1 : 0, device, parts },
      { value: 'not-operational', amount: failed || status === 'operational' ? 0 : 1, device, parts },
    ]
  })
}
