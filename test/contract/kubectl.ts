/** The real kubectl, pointed at one server, with a home of its own. */
import { execFile, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Said {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface Kubectl {
  /** Runs to its end; `input` goes to its standard input. */
  run(args: string, input?: string): Promise<Said>
  /** Runs until `enough` of its output came, then ends it; returns what came. */
  until(args: string, enough: (text: string) => boolean, started: () => Promise<void>): Promise<string>
  close(): void
}

const deadlineMs = 60_000

/** Where kubectl is on this machine, or not. */
export function hasKubectl(): boolean {
  return spawnSync('kubectl', ['version', '--client'], { stdio: 'ignore' }).status === 0
}

export function kubectlFor(kubeconfig: string): Kubectl {
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-kubectl-'))
  const config = join(folder, 'kubeconfig')
  writeFileSync(config, kubeconfig, { mode: 0o600 })
  const options = { env: { ...process.env, KUBECONFIG: config, HOME: folder }, timeout: deadlineMs }
  return {
    run: (args, input) =>
      new Promise((resolve) => {
        const child = execFile('kubectl', args.split(' '), options, (error, stdout, stderr) => {
          const code = error ? (typeof error.code === 'number' ? error.code : 1) : 0
          resolve({ code, stdout, stderr })
        })
        child.stdin?.end(input ?? '')
      }),
    until: (args, enough, started) =>
      new Promise((resolve, reject) => {
        let text = ''
        const child = spawn('kubectl', args.split(' '), { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
        child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
          if (enough(text)) child.kill()
        })
        child.once('spawn', () => started().catch(reject))
        child.once('close', () => resolve(text))
        child.once('error', reject)
      }),
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}
