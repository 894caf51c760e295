/** What tests of the commands that read a cluster start from: the commands through their front door, with a kubeconfig. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { type KubeObject, leases } from '../../kube/api.ts'
import { createObject } from '../../kube/objects.ts'
import { type Half, startTestCluster, type TestCluster } from '../../repair/testing/test-cluster.ts'
import { acknowledgeCommand } from '../ask/acknowledge.ts'
import { statusCommand } from '../ask/status.ts'
import { whyCommand } from '../ask/why.ts'
import { CommandError, type Io } from '../io.ts'
import { policyCommand } from '../policy/command.ts'
import { repairCommand } from '../repair/command.ts'

const terminalCommands: Readonly<Record<string, (io: Io) => Command>> = {
  why: whyCommand,
  status: statusCommand,
  acknowledge: acknowledgeCommand,
  repair: repairCommand,
  policy: policyCommand,
}

/** `status`, `why`, `acknowledge` and `repair`, as a person types them. */
export interface Terminal {
  /** With another kubeconfig than the test cluster's. */
  runWith(kubeconfig: string, ...args: readonly string[]): ReturnType<Terminal['run']>
  run(
    ...args: readonly string[]
  ): Promise<{ readonly text: string; readonly exitCode: number; readonly message: string }>
}

function terminalOf(cluster: TestCluster, folder: string): Terminal {
  const kubeconfig = join(folder, 'kubeconfig')
  const terminal: Terminal = {
    run: (...args) => terminal.runWith(cluster.kubeconfig(), ...args),
    async runWith(config, command, ...args) {
      writeFileSync(kubeconfig, config)
      let text = ''
      const io: Io = {
        stdout: (some) => {
          text += some
        },
        stderr: () => undefined,
        stdin: (async function* () {})(),
        programFile: join(import.meta.dirname, 'main.ts'),
        env: { USER: 'kim' },
        clock: cluster.clock,
        random: () => 0.5,
        signal: new AbortController().signal,
        columns: 80,
        colour: false,
      }
      const make = terminalCommands[command ?? '']
      if (!make) throw new TypeError(`the terminal of tests has no command ${command}`)
      try {
        await make(io)
          .exitOverride()
          .parseAsync([...args, '--kubeconfig', kubeconfig], { from: 'user' })
        return { text, exitCode: 0, message: '' }
      } catch (error) {
        if (!(error instanceof CommandError)) throw error
        return { text, exitCode: error.exitCode, message: error.message }
      }
    },
  }
  return terminal
}

/** A lease that its holder has just renewed, for a day. */
function leaseOf(holderIdentity: string, now: number): KubeObject {
  const spec = {
    holderIdentity,
    renewTime: new Date(now).toISOString().replace('Z', '000Z'),
    leaseDurationSeconds: 86_400,
  }
  const lease = { metadata: { name: 'nodemend-controller', namespace: 'default' }, spec }
  return lease
}

/** A modelled cluster with one policy of the name `kernel`, a controller, and a terminal that speaks with it. */
export async function givenTerminal(
  t: { after(run: () => void | Promise<void>): void },
  spec?: object,
  { leads = true }: { readonly leads?: boolean } = {},
) {
  const cluster = await startTestCluster()
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-cli-'))
  t.after(async () => {
    rmSync(folder, { recursive: true })
    await cluster.stop()
  })
  if (spec) await cluster.policy('kernel', spec)
  const half: Half = await cluster.half('controller-a')
  if (leads) await createObject(cluster.api, leases, leaseOf('controller-a', cluster.clock.now()))
  await cluster.run(2, half)
  const node = (await cluster.nodes())[0]?.metadata.name ?? ''
  return { cluster, half, node, terminal: terminalOf(cluster, folder) }
}
