/**
 * Metrics for CloudWatch Container Insights: one log line a minute in the Embedded Metric Format
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
 * Loaded only with `--emf`. CloudWatch bills each metric per node, so these are few.
 */
import { conditionTypes } from '../../model/condition.ts'
import type { Clock } from '../../telemetry/clock.ts'
import type { Host } from '../host/host.ts'

const everyMs = 60_000
const namespace = 'ContainerInsights'

export interface EmfOptions {
  readonly cluster: string
  /** Name of the Node. */
  readonly node: string
  readonly host: Host
  /** The text of `/metrics`. */
  readonly metrics: () => string
  readonly clock: Clock
  readonly write: (line: string) => void
  readonly signal: AbortSignal
}

/** Values of one minute by the name of their metric. */
type Values = Readonly<Record<string, number>>

/** Writes a line now and every minute until `signal`. */
export function writeEmf({ cluster, node, host, metrics, clock, write, signal }: EmfOptions): void {
  const instance = instanceId(host)
  const dimensions = { ClusterName: cluster, NodeName: node, ...(instance !== undefined && { InstanceId: instance }) }
  let cancel = (): void => undefined
  const next = (): void => {
    write(emfLine(dimensions, valuesIn(metrics()), clock.now()))
    cancel = clock.after(everyMs, next)
  }
  signal.addEventListener('abort', () => cancel(), { once: true })
  if (!signal.aborted) next()
}

/** One line, with its newline. `at`: wall-clock milliseconds. */
export function emfLine(dimensions: Readonly<Record<string, string>>, values: Values, at: number): string {
  const directive = {
    Namespace: namespace,
    // Of the node, and summed over the cluster.
    Dimensions: [Object.keys(dimensions), ['ClusterName']],
    Metrics: Object.keys(values).map((Name) => ({ Name, Unit: Name.endsWith('_seconds') ? 'Seconds' : 'Count' })),
  }
  const meta = { Timestamp: Math.round(at), CloudWatchMetrics: [directive] }
  return `${JSON.stringify({ _aws: meta, ...dimensions, Type: 'Node', ...values })}\n`
}

/** What is told, from the text of `/metrics`. */
export function valuesIn(text: string): Values {
  const sum = (start: string, ...labels: readonly string[]): number =>
    text
      .split('\n')
      .filter((line) => line.startsWith(`${start}{`) && labels.every((label) => line.includes(label)))
      .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' '))), 0)
  const conditions = conditionTypes.map((type) => [
    `nodemend_${type}_false`,
    sum('nodemend_condition_status', `type="${type}"`, 'status="False"'),
  ])
  return {
    ...Object.fromEntries(conditions),
    nodemend_findings_fatal: sum('nodemend_findings_active', 'severity="fatal"'),
    nodemend_findings_warning: sum('nodemend_findings_active', 'severity="warning"'),
    nodemend_report_blocked_seconds: sum('nodemend_report_blocked_seconds', 'resource="nodes/status"'),
  }
}

/** EC2 writes the id of a Nitro instance into the asset tag of its board; undefined elsewhere. */
function instanceId(host: Host): string | undefined {
  const tag = host.read('sys/devices/virtual/dmi/id/board_asset_tag')
  return 'text' in tag ? /^i-[0-9a-f]+$/.exec(tag.text.trim())?.[0] : undefined
}
