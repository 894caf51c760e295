/** node-problem-detector with one kernel log monitor. Its conditions never recover, but a new reason replaces the old. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hasCondition, type Subject } from './subject.ts'

const condition = 'NodemendBenchFault'
const reasons = ['NodemendBenchOdd', 'NodemendBenchEven'] as const

export function npd(path: string): Subject {
  return {
    name: 'npd',
    kinds: [0],
    launch: ({ folder, kubeconfig, nodeName, ports: [health, metrics] }) => ({
      name: `npd-${nodeName}`,
      command: path,
      args: [
        `--config.system-log-monitor=${writeMonitor(folder)}`,
        `--apiserver-override=${serverIn(kubeconfig)}?inClusterConfig=false&auth=${kubeconfig}`,
        `--hostname-override=${nodeName}`,
        `--port=${health}`,
        `--prometheus-port=${metrics}`,
      ],
    }),
    isReady: (conditions) => hasCondition(conditions, condition, 'False'),
    fault: (n) => {
      const reason = reasons[n % reasons.length] ?? reasons[0]
      return {
        line: `nodemend-bench: ${reason} happened`,
        shows: (conditions) => hasCondition(conditions, condition, 'True', reason),
      }
    },
  }
}

/** Of the kinds that its own kernel monitor has: those that begin with `.*` are slow to search. */
const othersThatNeverMatch = [
  ...[1, 2, 3].map((n) => `.*\\[Bench Error\\]: severity: ${n}$`),
  ...[1, 2, 3].map((n) => `bench ${n} \\w+:\\w+ blocked for \\d+ seconds\\.`),
  ...[1, 2, 3, 4, 5, 6].map((n) => `Bench I/O error ${n} .*`),
]

/** Two rules of ours and the others: as many as its own kernel monitor has, so the work per line is the usual one. */
function writeMonitor(folder: string): string {
  const path = join(folder, 'bench-monitor.json')
  const monitor = {
    plugin: 'kmsg',
    lookback: '0s',
    bufferSize: 10,
    source: 'nodemend-bench',
    conditions: [{ type: condition, reason: 'NodemendBenchFine', message: 'nothing happened' }],
    rules: [
      ...reasons.map((reason) => ({ type: 'permanent', condition, reason, pattern: `nodemend-bench: ${reason} .*` })),
      ...othersThatNeverMatch.map((pattern, index) => ({
        type: 'temporary',
        reason: `NodemendBenchOther${index}`,
        pattern,
      })),
    ],
  }
  writeFileSync(path, JSON.stringify(monitor))
  return path
}

function serverIn(kubeconfig: string): string {
  // The kubeconfigs of a run are written by api-server.ts, as JSON with one cluster.
  const { clusters } = JSON.parse(readFileSync(kubeconfig, 'utf8')) as { clusters: [{ cluster: { server: string } }] }
  return clusters[0].cluster.server
}
