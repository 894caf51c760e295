/** Converts flag values to the agent's typed options, checked once at the start. */

import type { Level } from '../../telemetry/log.ts'
import { parseAddress } from '../../telemetry/serve.ts'
import { FlagError, type FlagValues } from './flags.ts'

export interface AgentOptions {
  /** Absent: the host name. */
  readonly node?: string
  readonly kubeconfig?: string
  readonly hostRoot: string
  readonly metricsAddress: string
  readonly probeAddress?: string
  /** Paths inside the host root. */
  readonly stateFile: string
  readonly config: string
  readonly kmsg: string
  /** A path in this process's own file system, because rule packs come from a mounted ConfigMap. */
  readonly rules?: string
  readonly acceptUserFacility: boolean
  readonly acceptOldLines: boolean
  /** True: also writes the conditions of the node problem detector. */
  readonly npdConditions: boolean
  /** False: writes no NodeHealth. */
  readonly nodeHealth: boolean
  /** Name of the cluster in CloudWatch; absent: no lines for it. */
  readonly emf?: string
  readonly level: Level
}

/** Throws {@link FlagError}. */
export function agentOptions(values: FlagValues): AgentOptions {
  const node = values['hostname-override']
  const probeAddress = values['probe-address']
  return {
    ...(node !== undefined && { node }),
    ...(values.kubeconfig !== undefined && { kubeconfig: values.kubeconfig }),
    hostRoot: values['host-root'] ?? '/',
    metricsAddress: address('metrics-address', values['metrics-address'] ?? ':8080'),
    ...(probeAddress !== undefined && { probeAddress: address('probe-address', probeAddress) }),
    stateFile: values['state-file'] ?? '',
    config: values.config ?? '',
    kmsg: values.kmsg ?? '',
    ...(values.rules !== undefined && { rules: values.rules }),
    acceptUserFacility: truth('accept-user-facility', values['accept-user-facility'] ?? 'true'),
    acceptOldLines: truth('accept-old-lines', values['accept-old-lines'] ?? 'false'),
    npdConditions: family(values.conditions ?? 'own') === 'npd',
    nodeHealth: truth('node-health', values['node-health'] ?? 'true'),
    ...(values.emf !== undefined && { emf: values.emf }),
    level: levelOf(values.verbosity ?? '2'),
  }
}

function family(text: string): 'own' | 'npd' {
  if (text === 'own' || text === 'npd') return text
  throw new FlagError(`--conditions must be own or npd, not "${text}"`)
}

function address(flag: string, text: string): string {
  try {
    parseAddress(text)
    return text
  } catch (error) {
    throw new FlagError(`--${flag}: ${(error as Error).message}`)
  }
}

function truth(flag: string, text: string): boolean {
  if (/^(?:true|1|yes)$/i.test(text)) return true
  if (/^(?:false|0|no)$/i.test(text)) return false
  throw new FlagError(`--${flag} must be true or false, not "${text}"`)
}

function levelOf(text: string): Level {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 0) throw new FlagError(`--verbosity must be 0, 1, 2 …, not "${text}"`)
  return number === 0 ? 'warn' : number < 3 ? 'info' : 'debug'
}
