/** What the kernel calls itself tainted by: Documentation/admin-guide/tainted-kernels.rst. */
import type { Host } from '../../../host/host.ts'
import type { Look } from '../../probe.ts'

/** The bits as a number: 19 of them are defined, so they fit. */
export interface TaintSample {
  readonly bits: number
  readonly before: number | undefined
}

export function readTaint(host: Host, before?: TaintSample): Look<TaintSample> {
  const read = host.read('proc/sys/kernel/tainted')
  if ('denied' in read) return { failed: read.denied }
  if ('absent' in read) return { absent: 'the machine has no /proc/sys/kernel/tainted' }
  const text = read.text.trim()
  if (!/^\d{1,15}$/.test(text)) return { failed: '/proc/sys/kernel/tainted is not a number' }
  return { sample: { bits: Number(text), before: before?.bits } }
}
