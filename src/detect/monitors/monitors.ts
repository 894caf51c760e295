/** Every monitor, one line each. A new one: docs/how-to/add-a-monitor.md. */
export { kernelLog } from './kernel/log/monitor.ts'
export { pressure } from './kernel/pressure/monitor.ts'
export { conntrack } from './networking/conntrack/monitor.ts'
export { services } from './runtime/services/monitor.ts'
