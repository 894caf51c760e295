/**
 * The state of Intel Gaudi accelerators as their driver sees it: Documentation/ABI/testing/sysfs-driver-habanalabs,
 * `status`, in the class accel and, before Linux 6.4, habanalabs.
 */
import { type Host, textOf } from '../../../host/host.ts'
import type { Look } from '../../probe.ts'

export interface GaudiDevice {
  /** As in the kernel log: `accel0`, before Linux 6.4 `hl0`. */
  readonly name: string
  /** E.g. `operational`, `in reset`, `needs reset`, `malfunction`. */
  readonly status: string
}

const places = [
  { folder: 'sys/class/accel', name: /^accel\d+$/, file: 'device/status' },
  { folder: 'sys/class/habanalabs', name: /^hl\d+$/, file: 'status' },
] as const

export function readGaudi(host: Host): Look<readonly GaudiDevice[]> {
  const devices = places.flatMap(({ folder, name, file }) =>
    host.list(folder).flatMap((one): readonly GaudiDevice[] => {
      const isGaudi = textOf(host.read(`${folder}/${one}/device/vendor`))?.trim() === '0x1da3'
      const status = isGaudi && name.test(one) ? textOf(host.read(`${folder}/${one}/${file}`))?.trim() : undefined
      return status === undefined ? [] : [{ name: one, status: status.toLowerCase() }]
    }),
  )
  return devices.length === 0 ? { absent: 'no Gaudi accelerator of this machine has a driver' } : { sample: devices }
}
