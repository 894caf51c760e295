/** The agent's side of a soak: faults written into its kernel log, one after the other, each with a number. */
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { objectKey, type Store } from '../../src/embedded/store.ts'
import { type Random, sleep, systemClock } from '../../src/telemetry/clock.ts'
import type { Program } from '../cluster/process/processes.ts'
import { conditionsOf, whenStored } from './history.ts'

export const agentNode = 'soak-agent'
/** The condition that fatal faults turn. */
export const fatalCondition = 'StorageReady'

/** The shortest pause between faults, milliseconds. */
const shortestPauseMs = 200

const reasons = [
  { reason: 'SoakWarning', severity: 'warning', words: ['warning'] },
  { reason: 'SoakFatal', severity: 'fatal', words: ['fatal', 'recovered'] },
] as const

/** The written faults, in order. */
export interface Written {
  readonly warnings: number[]
  /** Each began and ended before the next. */
  readonly fatals: number[]
}

export interface FaultSource {
  readonly written: Written
  /** Writes until `signal`; an episode that has begun is ended. */
  run(signal: AbortSignal): Promise<void>
}

const stateFile = (folder: string): string => join(folder, 'state.json')

/** Makes the files an agent needs below `folder`, and the command that runs it there. */
export function agentProgram(folder: string, bundle: string, kubeconfig: string): Program {
  mkdirSync(join(folder, 'rules'))
  writeFileSync(join(folder, 'rules', 'soak.yaml'), JSON.stringify(rulePack())) // JSON is YAML
  writeFileSync(kmsgFile(folder), '')
  return {
    name: 'agent',
    command: process.execPath,
    args: [
      bundle,
      `--kubeconfig=${kubeconfig}`,
      `--hostname-override=${agentNode}`,
      `--kmsg=${kmsgFile(folder)}`,
      `--state-file=${stateFile(folder)}`,
      `--rules=${join(folder, 'rules')}`,
      '--metrics-address=127.0.0.1:0',
    ],
  }
}

/** Faults for the kernel log below `folder`; what the API server shows of them is read from `store`. */
export function faultSource(folder: string, store: Store, random: Random, longestPauseMs: number): FaultSource {
  const written: Written = { warnings: [], fatals: [] }
  let sequence = 0
  const write = (text: string): void => {
    const usec = process.hrtime.bigint() / 1000n // printk's clock
    appendFileSync(kmsgFile(folder), `3,${sequence++},${usec},-;${text}\n`)
  }
  const pause = (signal: AbortSignal): Promise<void> =>
    sleep(systemClock, shortestPauseMs + random() * (longestPauseMs - shortestPauseMs), signal).catch(() => undefined)
  const shows = (signal: AbortSignal, status: string, n: number): Promise<true | undefined> =>
    whenStored(store, 'nodes', signal, () => {
      const found = conditionsOf(store.get('nodes', objectKey(undefined, agentNode)))
      return (
        found.some(
          (one) =>
            one.type === fatalCondition &&
            one.status === status &&
            (status === 'True' || one.message.includes(`number ${n} `)),
        ) || undefined
      )
    })

  /** What is logged before the agent has ever run condemns nothing, so it is no fault of the soak. */
  const hasRun = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted && !existsSync(stateFile(folder))) {
      await sleep(systemClock, 20, signal).catch(() => undefined)
    }
  }
  const warnings = async (signal: AbortSignal): Promise<void> => {
    for (let n = 1; !signal.aborted; n++) {
      written.warnings.push(n)
      write(`nodemend-soak: warning number ${n} on dev${n}`)
      await pause(signal)
    }
  }
  const fatals = async (signal: AbortSignal): Promise<void> => {
    for (let n = 1; !signal.aborted; n++) {
      written.fatals.push(n)
      write(`nodemend-soak: fatal number ${n} on disk${n}`)
      await shows(signal, 'False', n)
      await pause(signal)
      write(`nodemend-soak: recovered number ${n} on disk${n}`)
      await shows(signal, 'True', n)
      await pause(signal)
    }
  }
  return {
    written,
    run: async (signal) => {
      await hasRun(signal)
      await Promise.all([warnings(signal), fatals(signal)])
    },
  }
}

function kmsgFile(folder: string): string {
  return join(folder, 'kmsg')
}

function rulePack(): object {
  return {
    family: 'soak',
    condition: fatalCondition,
    reasons: reasons.map(({ reason, severity, words }) => ({
      reason,
      severity,
      summary: 'A fault that a soak writes into the kernel log.',
      detect: words.map((word) => ({
        contains: `nodemend-soak: ${word}`,
        pattern: `nodemend-soak: ${word} number (?P<n>\\d+) on (?P<device>\\S+)`,
        message: 'number {n} came',
        device: '{device}',
        recovery: word === 'recovered',
        matches: [`nodemend-soak: ${word} number 7 on dev7`],
      })),
      lifecycle: { hold: '0s' },
      runbook: 'Nothing is wrong: a test kills the agent again and again.',
    })),
  }
}
