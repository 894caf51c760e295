/** What the kernel log counts about its own reading. */
import type { Registry } from '../../../telemetry/exposition.ts'
import type { Batch } from './stream.ts'

export interface KmsgMetrics {
  /** Records of a batch, with how many could not be read or were no records. */
  batch(batch: Batch, more: { readonly unreadable: number; readonly unframed: number }): void
  /** Which way the device is waited for. */
  waits(by: 'poll' | 'timer'): void
}

export function kmsgMetrics(registry: Registry): KmsgMetrics {
  const counter = (name: string, help: string) => registry.counter({ name, help, known: () => [{}] })
  const records = counter('nodemend_kmsg_records_total', 'Records read from the kernel log.')
  const overruns = counter('nodemend_kmsg_overruns_total', 'Times the kernel log was overwritten before it was read.')
  const lost = counter('nodemend_kmsg_lost_records_total', 'Records of the kernel log that were lost to overruns.')
  const unreadable = counter(
    'nodemend_kmsg_unreadable_records_total',
    'Records of the kernel log that could not be read, or not whole.',
  )
  const unframed = counter(
    'nodemend_kmsg_unframed_records_total',
    'Lines of a file in place of the kernel log that are no records; they count as written by user space.',
  )
  const position = registry.gauge({
    name: 'nodemend_kmsg_position',
    help: 'Sequence number up to which the kernel log has been read.',
  })
  const waits = registry.gauge({
    name: 'nodemend_kmsg_wait',
    help: 'How the agent waits for the kernel log, by way: 1 for the one that runs. A timer costs wake-ups.',
    known: () => [{ by: 'poll' }, { by: 'timer' }],
  })
  return {
    batch(batch, more) {
      records.add({}, batch.records)
      position.set(batch.position)
      if (batch.lost > 0) {
        overruns.add()
        lost.add({}, batch.lost)
      }
      if (more.unreadable > 0) unreadable.add({}, more.unreadable)
      if (more.unframed > 0) unframed.add({}, more.unframed)
    },
    waits(by) {
      waits.set(by === 'poll' ? 1 : 0, { by: 'poll' })
      waits.set(by === 'timer' ? 1 : 0, { by: 'timer' })
    },
  }
}
