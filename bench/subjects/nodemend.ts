/** Our agent: the bundle that ships, with a rule pack of faults that end by a line, so that each try starts from True. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stateAtEndOf } from '../../src/cli/demo/agent-state.ts'
import { systemClock } from '../../src/telemetry/clock.ts'
import { hasCondition, type Subject } from './subject.ts'

/** AcceleratedHardwareReady is not among them: a machine without accelerators does not carry it. */
const kinds = [
  { type: 'KernelReady', reason: 'BenchKernelFault' },
  { type: 'NetworkingReady', reason: 'BenchNetworkingFault' },
  { type: 'StorageReady', reason: 'BenchStorageFault' },
  { type: 'ContainerRuntimeReady', reason: 'BenchRuntimeFault' },
] as const

export function nodemend(bundle: string): Subject {
  return {
    name: 'nodemend',
    kinds: [...kinds.keys()],
    launch: ({ folder, kubeconfig, nodeName, faults, ports: [metrics] }) => ({
      name: `nodemend-${nodeName}`,
      command: process.execPath,
      args: [
        bundle,
        `--kubeconfig=${kubeconfig}`,
        `--hostname-override=${nodeName}`,
        `--state-file=${writeState(folder)}`,
        `--metrics-address=127.0.0.1:${metrics}`,
        ...(faults ? [`--rules=${writePack(folder)}`] : []),
      ],
    }),
    isReady: (conditions) =>
      ['True', 'False'].includes(conditions.find(({ type }) => type === 'KernelReady')?.status ?? ''),
    fault: (n) => {
      const { type, reason } = kinds[n % kinds.length] ?? kinds[0]
      return {
        line: `nodemend-bench: ${reason} began`,
        shows: (conditions) => hasCondition(conditions, type, 'False', reason),
        recovery: {
          line: `nodemend-bench: ${reason} ended`,
          shows: (conditions) => !hasCondition(conditions, type, 'False', reason),
        },
      }
    },
  }
}

/** A fresh agent reads the log from its oldest record, so the bench starts it at the newest one. */
function writeState(folder: string): string {
  const path = join(folder, 'state.json')
  writeFileSync(path, stateAtEndOf('/dev/kmsg', systemClock))
  return path
}

function writePack(folder: string): string {
  const rules = join(folder, 'rules')
  mkdirSync(rules, { recursive: true })
  writeFileSync(join(rules, 'bench.yaml'), rulePack())
  return rules
}

/** The rules for the faults of the benches. JSON is YAML. */
export function rulePack(): string {
  const reasons = kinds.map(({ type, reason }) => ({
    reason,
    condition: type,
    severity: 'fatal',
    summary: 'A fault that a bench writes into the kernel log and takes back.',
    detect: ['began', 'ended'].map((word) => ({
      contains: `nodemend-bench: ${reason}`,
      pattern: `nodemend-bench: ${reason} ${word}`,
      message: `${reason} ${word}`,
      recovery: word === 'ended',
      matches: [`nodemend-bench: ${reason} ${word}`],
    })),
    lifecycle: { hold: '0s' },
    runbook: 'Nothing is wrong: somebody measures how fast faults are reported.',
  }))
  return JSON.stringify({ family: 'bench', condition: 'KernelReady', reasons })
}
