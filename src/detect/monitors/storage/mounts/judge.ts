/**
 * Tells a file system that turned read-only from one that is read-only on purpose. A file system that stopped itself
 * says so. Plain `ro` counts where ext4 recorded an error, or where the node needs it and it was writable before.
 */
import type { Measured } from '../../limits.ts'
import type { FileSystem, MountsSample } from './read.ts'

export function judgeMounts(sample: MountsSample): readonly Measured<'stopped'>[] {
  return sample.map((one) => {
    const { device, where, type, state, detachable } = one
    const why = reasonOf(one)
    return {
      value: 'stopped',
      amount: why === undefined ? 0 : 1,
      device,
      parts: { where, type, why: why ?? '' },
      // After a restart nobody knows whether `ro` was there from the start.
      tentative: state === 'ro' && why === undefined,
      detachable,
    }
  })
}

function reasonOf({ state, hasErrors, system, wasWritable }: FileSystem): string | undefined {
  if (state === 'rw') return undefined
  if (state !== 'ro') return `its mount says ${state}`
  if (hasErrors) return 'it is mounted ro and has recorded errors'
  return system && wasWritable ? 'its mount was rw and is ro now' : undefined
}
