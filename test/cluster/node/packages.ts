/** What a test node needs of the machine: Debian's packages, which are installed where that can be done. */

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

/** The machine, as far as this module looks at it. */
export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly isRoot: boolean
  has(path: string): boolean
  /** Runs a command to its end; rejects with what it printed when it fails. */
  run(command: string, args: readonly string[]): Promise<void>
}

export type Prepared = { readonly available: true } | { readonly available: false; readonly why: string }

/** Programs that no Go module brings, by their Debian package. A name without a slash is looked for on the PATH. */
const PACKAGES = {
  containerd: ['containerd', 'ctr'],
  runc: ['runc'],
  'containernetworking-plugins': ['/usr/lib/cni/ptp', '/usr/lib/cni/host-local', '/usr/lib/cni/portmap'],
  iptables: ['iptables-save'],
  iproute2: ['ip'],
  'util-linux': ['unshare', 'nsenter'],
} as const satisfies Readonly<Record<string, readonly string[]>>

/**
 * Installs what is missing and says so: as root on a Debian, by apt-get. Elsewhere, and with NODEMEND_REAL_NODE=skip,
 * and where apt-get cannot fetch them, there is no node, and the reason is logged.
 */
export async function preparePackages(machine: Machine, log: (line: string) => void): Promise<Prepared> {
  const missing = missingPackages(machine)
  const because = reasonAgainst(machine, missing)
  if (because !== undefined) return unavailable(because, log)
  if (missing.length === 0) return { available: true }
  log(`installing ${missing.join(', ')} by apt-get, for a real node (NODEMEND_REAL_NODE=skip goes on without)`)
  const install = ['install', '--yes', '--no-install-recommends', ...missing]
  try {
    await machine.run('apt-get', install).catch(async () => {
      await machine.run('apt-get', ['update'])
      await machine.run('apt-get', install)
    })
  } catch (error) {
    return unavailable(`apt-get cannot install ${missing.join(', ')}: ${(error as Error).message}`, log)
  }
  return { available: true }
}

function unavailable(because: string, log: (line: string) => void): Prepared {
  const why = `SKIPPED, NOT TESTED: everything that needs a real node, because ${because}.`
  log(why)
  return { available: false, why }
}

function reasonAgainst(machine: Machine, missing: readonly string[]): string | undefined {
  if (machine.env.NODEMEND_REAL_NODE === 'skip') return 'NODEMEND_REAL_NODE=skip is set'
  if (!machine.isRoot) return 'only root can start containerd and kubelet'
  if (missing.length === 0 || has(machine, 'apt-get')) return undefined
  return `there is no apt-get to install ${missing.join(', ')}`
}

function missingPackages(machine: Machine): string[] {
  const lacks = (programs: readonly string[]): boolean => !programs.every((program) => has(machine, program))
  return Object.entries(PACKAGES)
    .filter(([, programs]) => lacks(programs))
    .map(([name]) => name)
}

function has(machine: Machine, program: string): boolean {
  if (program.includes('/')) return machine.has(program)
  return (machine.env.PATH ?? '').split(delimiter).some((folder) => machine.has(join(folder, program)))
}

/** This machine. */
export const thisMachine: Machine = {
  env: process.env,
  isRoot: process.getuid?.() === 0,
  has: existsSync,
  run: async (command, args) => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    await promisify(execFile)(command, args, { env })
  },
}
