/** What the demo prints: the live history, how to look around, and the summary for scripts. */
import { styleText } from 'node:util'
import { type FaultHistory, isProven, missingStages, type StageEntry } from '../../drill/fault-history.ts'
import type { InjectionLog } from '../../drill/inject.ts'
import type { Io } from '../io.ts'
import type { LogLine } from './program.ts'
import { wrap } from './wrap.ts'

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
  /** Stages that were not seen; absent when all were. */
  readonly missing?: readonly string[]
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
    ok: isProven(history),
    stages: entries,
    totalMs: Math.max(0, ...entries.map((entry) => entry.sinceInjectedMs)),
    ...(!isProven(history) && { missing: missingStages(history) }),
    ...(history.failed !== undefined && { failed: history.failed }),
  }
}

/** One line of the live history. */
export function stageLine({ stage, at, what }: StageEntry, history: FaultHistory, io: Io): string {
  return timedLine(stage, at, what, stage === 'proof' ? 'green' : 'bold', history, io)
}

/** One line about what holds the history up, as of now. */
export function asideLine(kind: 'ended' | 'waits', text: string, history: FaultHistory, io: Io): string {
  const now = io.clock.now()
  return timedLine(kind, now, asOf(text, now), 'yellow', history, io)
}

/** A gate names absolute times, and may be shown after them: those that have passed are said to have. */
export function asOf(text: string, now: number): string {
  return text.replace(/\b(?:until|at) (\d{4}-\d\d-\d\dT[\d:.]+Z)/g, (whole, stamp: string) =>
    Date.parse(stamp) <= now ? `${whole}, which has passed` : whole,
  )
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
  const time = `${since.toFixed(3).padStart(9)} s  `
  const text = wrap(what, io.columns, time.length + label.length)
  return `${time}${io.colour ? styleText(colour, label) : label}${text}\n`
}

/** A finding that condemns nothing. */
export function findingLine(line: LogLine): string {
  return `${String(line.reason)} (${String(line.severity)}, ${String(line.scope)}): an Event and a metric, no condition\n`
}

/** Before anything starts: which log is used, and that nothing real is touched. */
export function opening(log: InjectionLog, { columns }: Pick<Io, 'columns'>): string {
  const which = log.real ? `${log.path}, the real one` : `${log.why}; ${log.path} stands in for it`
  const safe = 'Nothing real on this machine is cordoned, rebooted or changed: the nodes are modelled.'
  return `${wrap(`kernel log: ${which}`, columns)}\n${wrap(safe, columns)}\n`
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
Look around in another terminal, while this runs:
  export KUBECONFIG=${kubeconfig}
  kubectl get nodes
  kubectl describe node ${node}        # until it is replaced
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

/** After a replacement, where the names that were printed before have changed. */
export function handover(before: string, now: string, { columns }: Pick<Io, 'columns'>): string {
  const gone = before === now ? '' : ` Node ${before} is gone: write ${now} in the commands above.`
  const text = `The agent now speaks for ${now}.${gone} Everything else that was printed still holds.`
  return `\n${wrap(`${text} Waiting for the next fault.`, columns)}\n\n`
}

/** The last words: what was ended and removed, so that nobody looks for it. */
export function farewell(folder: string, { columns }: Pick<Io, 'columns'>): string {
  const ended = `Ended: agent, controller and modelled cluster are stopped, ${folder} is removed.`
  const gone = 'The nodes, the policy, the kubeconfig and the ports that were printed are gone with them.'
  return `\n${wrap(`${ended} ${gone}`, columns)}\n`
}
