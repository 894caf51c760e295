/** The kernel log: every catalogue rule with source `kmsg`. */
import { conditionTypes } from '../../../../model/condition.ts'
import { journalSource, keepsJournal } from '../../../sources/journal/source.ts'
import { kmsgMetrics } from '../../../sources/kmsg/metrics.ts'
import { isRefused } from '../../../sources/kmsg/open.ts'
import { kmsgSource } from '../../../sources/kmsg/source.ts'
import type { LogSource } from '../../../sources/log-source.ts'
import { logMonitor } from '../../log.ts'
import type { MonitorParts } from '../../monitor.ts'

export const kernelLog = logMonitor({
  name: 'kernel',
  conditions: conditionTypes,
  required: true,
  log: 'kmsg',
  source: open,
})

/** The device or a file; where the device is refused, the kernel's lines in the journal. Rights do not change while it runs. */
function open(parts: MonitorParts): LogSource {
  const { host, log, registry, kmsg: path, openKmsg } = parts
  const metrics = kmsgMetrics(registry)
  if (openKmsg === undefined && isRefused(path) && keepsJournal(host)) {
    const why = `${path} is refused: not privileged`
    log.info('the kernel log is read from the journal', { monitor: 'kernel', why })
    return journalSource({ ...parts, units: 'kernel' })
  }
  return kmsgSource({
    ...parts,
    path,
    ...(openKmsg && { open: openKmsg }),
    metrics,
    tables: () => parts.matchers().of('kmsg').tables,
  })
}
