/** Every monitor, in the order in which they start. A new one: docs/how-to/add-a-monitor.md. */
import { kernelLog } from './kernel/log/monitor.ts'
import { pressure } from './kernel/pressure/monitor.ts'
import type { MonitorSpec } from './monitor.ts'
import { conntrack } from './networking/conntrack/monitor.ts'
import { services } from './runtime/services/monitor.ts'

export const monitors: readonly MonitorSpec[] = [kernelLog, services, conntrack, pressure]
