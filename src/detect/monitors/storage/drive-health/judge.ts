/** Tells drives that announce their end from those that are well. */
import type { Measured } from '../../limits.ts'
import type { DriveHealthSample } from './read.ts'

type Value = 'warnings' | 'worn-percent' | 'media-errors'

export function judgeDriveHealth(drives: DriveHealthSample): readonly Measured<Value>[] {
  return drives.flatMap(({ name: device, model, serial, warnings, worn, mediaErrors }): readonly Measured<Value>[] => {
    const parts = { model, serial: serial === '' ? 'unknown' : serial }
    return [
      { value: 'warnings', amount: warnings.length, device, parts: { ...parts, what: warnings.join(', ') } },
      ...(worn === undefined ? [] : [{ value: 'worn-percent', amount: worn, device, parts } as const]),
      ...(mediaErrors === undefined ? [] : [{ value: 'media-errors', amount: mediaErrors, device } as const]),
    ]
  })
}
