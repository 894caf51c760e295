/** What tests of the commands that read a cluster start from: the commands through their front door, with a kubeconfig. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Half, startTestCluster, type TestCluster } from '../../repair/testing/test-cluster.ts'
import { statusCommand } from '../ask/status.ts'
import { whyCommand } from '../ask/why.ts'
import { CommandError, type Io } from '../io.ts'

/** `status` and `why`, as a person types them. */
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
        programFile: '',
        env: {},
        clock: cluster.clock,
        random: () => 0.5,
        signal: new AbortController().signal,
        columns: 80,
        colour: false,
      }
      const make = command === 'why' ? whyCommand : statusCommand
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

/** A modelled cluster with one policy of the name `kernel`, a controller, and a terminal that speaks with it. */
export async function givenTerminal(t: { after(run: () => void | Promise<void>): void }, spec?: object) {
  const cluster = await startTestCluster()
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-cli-'))
  t.after(async () => {
    rmSync(folder, { recursive: true })
    await cluster.stop()
  })
  if (spec) await cluster.policy('kernel', spec)
  const half: Half = await cluster.half('controller-a')
  await cluster.run(2, half)
  const node = (await cluster.nodes())[0]?.metadata.name ?? ''
  return { cluster, half, node, terminal: terminalOf(cluster, folder) }
}
