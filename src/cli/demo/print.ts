/** What the demo prints: the live history, how to look around, and the summary for scripts. */
import { styleText } from 'node:util'
import { type FaultHistory, type StageEntry, stages } from '../../drill/fault-history.ts'
import type { Io } from '../io.ts'
import type { LogLine } from './program.ts'

/** The last line of `--output json`. Times of stages are since the injection. */
export interface DemoSummary {
  readonly ok: boolean
  readonly stages: readonly {
    readonly stage: string
    readonly at: string
    readonly sinceInjectedMs: number
    readonly what: string
  }[]
  readonly totalMs: number
  readonly failed?: string
}

export function summaryOf(history: FaultHistory): DemoSummary {
  const injectedAt = history.entries[0]?.at ?? 0
  const entries = history.entries.map((entry) => ({
    stage: entry.stage,
    at: new Date(entry.at).toISOString(),
    sinceInjectedMs: Math.max(0, Math.round(entry.at - injectedAt)),
    what: entry.what,
  }))
  return {
    ok: entries.length === stages.length,
    stages: entries,
    totalMs: Math.max(0, ...entries.map((entry) => entry.sinceInjectedMs)),
    ...(history.failed !== undefined && { failed: history.failed }),
  }
}

/** One line of the live history. */
export function stageLine({ stage, at, what }: StageEntry, history: FaultHistory, io: Io): string {
  return timedLine(stage, at, what, stage === 'proof' ? 'green' : 'bold', history, io)
}

/** One line about what holds the history up, as of now. */
export function asideLine(kind: 'ended' | 'waits', text: string, history: FaultHistory, io: Io): string {
  return timedLine(kind, io.clock.now(), text, 'yellow', history, io)
}

function timedLine(
  name: string,
  at: number,
  what: string,
  colour: 'green' | 'bold' | 'yellow',
  { entries }: FaultHistory,
  io: Io,
): string {
  const since = Math.max(0, at - (entries[0]?.at ?? at)) / 1000
  const label = name.padEnd(12)
  return `${since.toFixed(3).padStart(9)} s  ${io.colour ? styleText(colour, label) : label}${what}\n`
}

/** A finding that condemns nothing. */
export function findingLine(line: LogLine): string {
  return `${String(line.reason)} (${String(line.severity)}, ${String(line.scope)}): an Event and a metric, no condition\n`
}

/** Where to look while it runs. */
export function guide(facts: {
  readonly kubeconfig: string
  readonly node: string
  readonly agentPort: number
  readonly controllerPort: number
  readonly injectByHand: string
}): string {
  const { kubeconfig, node, agentPort, controllerPort, injectByHand } = facts
  return `
Look around in another terminal:
  export KUBECONFIG=${kubeconfig}
  kubectl get nodes
  kubectl describe node ${node}
  kubectl get noderepairs
  kubectl get events -A -w
  npm run -s nodemend -- status
  npm run -s nodemend -- why ${node}
  curl -s http://127.0.0.1:${agentPort}/metrics        # the agent
  curl -s http://127.0.0.1:${controllerPort}/metrics        # the controller

Inject one by hand:
  ${injectByHand}

Ctrl-C ends everything.

`
}
