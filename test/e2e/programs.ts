/** The programs under test, started as an operator would: `nodemend agent` and `nodemend controller` with a kubeconfig. */

import { join } from 'node:path'
import type { ControlPlane } from '../cluster/control-plane.ts'
import { isOk } from '../cluster/probe.ts'
import { freePorts } from '../cluster/process/ports.ts'
import type { Running } from '../cluster/process/processes.ts'

export interface AgentOptions {
  /** The node it reports for. */
  readonly node: string
  readonly stateFile: string
  /** More flags, which win over ours. */
  readonly flags?: readonly string[]
}

export interface Nodemend extends Running {
  /** Whether it answers 200 to a GET of `path`, e.g. `/readyz`. */
  answers(path: string): Promise<boolean>
}

/** Starts the agent on this machine's own kernel log. It ends with the cluster; its log is `<folder>/agent.log`. */
export function startAgent(cluster: ControlPlane, { node, stateFile, flags = [] }: AgentOptions): Promise<Nodemend> {
  return startNodemend(cluster, 'agent', [
    `--hostname-override=${node}`,
    `--state-file=${stateFile}`,
    '--accept-user-facility',
    ...flags,
  ])
}

/** Starts the controller. It ends with the cluster; its log is `<folder>/controller.log`. */
export function startController(cluster: ControlPlane, args: readonly string[] = []): Promise<Nodemend> {
  return startNodemend(cluster, 'controller', ['--interval=1s', ...args])
}

async function startNodemend(
  cluster: ControlPlane,
  command: 'agent' | 'controller',
  args: readonly string[],
): Promise<Nodemend> {
  const [port = 0] = await freePorts(1)
  const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts')
  const connection = [`--kubeconfig=${cluster.kubeconfig(command)}`, `--metrics-address=127.0.0.1:${port}`]
  const running = cluster.processes.start({
    name: command,
    command: process.execPath,
    args: [main, command, ...connection, ...args],
  })
  return { ...running, answers: (path) => isOk(port, path) }
}
