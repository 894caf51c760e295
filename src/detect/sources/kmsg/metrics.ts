/** Metrics about reading the kernel log. */
import type { Registry } from '../../../telemetry/exposition.ts'
import type { Batch } from './stream.ts'

export interface KmsgMetrics {
  /** Counts the records of a batch, the unreadable ones, and lines without framing. */
  batch(batch: Batch, more: { readonly unreadable: number; readonly unframed: number }): void
  /** Records how the agent waits for the device. */
  waits(by: 'poll' | 'timer'): void
}

export function kmsgMetrics(registry: Registry): KmsgMetrics {
  const counter = (name: string, help: string) => registry.counter({ name, help, known: () => [{}] })
  const records = counter('nodemend_kmsg_records_total', 'Records read from the kernel log.')
  const overruns = counter('nodemend_kmsg_overruns_total', 'Times the kernel log was overwritten before it was read.')
  const lost = counter('nodemend_kmsg_lost_records_total', 'Records of the kernel log that were lost to overruns.')
  const unreadable = counter(
    'nodemend_kmsg_unreadable_records_total',
    'Records of the kernel log that could not be read completely.',
  )
  const unframed = counter(
    'nodemend_kmsg_unframed_records_total',
    'Lines without kernel record framing in a file read as the kernel log; they count as written by user space.',
  )
  const position = registry.gauge({
    name: 'nodemend_kmsg_position',
    help: 'Sequence number up to which the kernel log has been read.',
  })
  const waits = registry.gauge({
    name: 'nodemend_kmsg_wait',
    help: 'How the agent waits for the kernel log: 1 for the method in use. A timer costs extra wake-ups.',
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
