/** The kernel log: every catalogue rule with source `kmsg`. */
import { conditionTypes } from '../../../../model/condition.ts'
import { kmsgMetrics } from '../../../sources/kmsg/metrics.ts'
import { kmsgSource } from '../../../sources/kmsg/source.ts'
import { logMonitor } from '../../log.ts'

export const kernelLog = logMonitor({
  name: 'kernel',
  conditions: conditionTypes,
  required: true,
  log: 'kmsg',
  source: (parts) =>
    kmsgSource({
      ...parts,
      path: parts.kmsg,
      ...(parts.openKmsg && { open: parts.openKmsg }),
      metrics: kmsgMetrics(parts.registry),
      tables: () => parts.matchers().of('kmsg').tables,
    }),
})
