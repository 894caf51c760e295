/**
 * moto, which answers for AWS on loopback: clusters and managed node groups, instances, Auto Scaling groups. It is installed
 * once, in the versions of moto/requirements.txt, into the cache of test tools. Without Python the test is skipped, and says so.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'
import { systemClock } from '../../src/telemetry/clock.ts'
import { isOk } from '../cluster/probe.ts'
import { lockFile } from '../cluster/process/lock.ts'
import { freePorts } from '../cluster/process/ports.ts'
import { ProcessGroup, waitFor } from '../cluster/process/processes.ts'
import { skipped } from '../cluster/suite.ts'

const requirements = join(import.meta.dirname, 'moto', 'requirements.txt')
const startMs = 60_000

type Python = { readonly available: true; readonly path: string } | { readonly available: false; readonly why: string }

/** The address of a moto that ends with the test; undefined, with the test marked as skipped, on a machine without Python. */
export async function motoFor(t: TestContext): Promise<string | undefined> {
  const python = await ensureMoto((line) => process.stderr.write(`${line}\n`))
  if (!python.available) {
    skipped(t, python.why)
    return undefined
  }
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-moto-'))
  const processes = new ProcessGroup(folder, () => rmSync(folder, { recursive: true, force: true }))
  t.after(() => processes.stop())
  const [port = 0] = await freePorts(1)
  const args = ['-m', 'moto.server', '-H', '127.0.0.1', '-p', `${port}`]
  const running = processes.start({ name: 'moto', command: python.path, args })
  await waitFor(running, () => isOk(port, '/moto-api/data.json'), startMs)
  return `http://127.0.0.1:${port}`
}

/** The Python that has moto. Rejects when it cannot be installed, because with Python on the machine that is a fault. */
export async function ensureMoto(log: (line: string) => void, env = process.env): Promise<Python> {
  if (env.NODEMEND_REAL_CLUSTER === 'skip') return unavailable('NODEMEND_REAL_CLUSTER=skip is set', log)
  const version = await pythonVersion(env)
  if (version === undefined) return unavailable('there is no python3 with venv on the PATH (3.10 or newer)', log)
  const hash = createHash('sha256').update(version).update(readFileSync(requirements)).digest('hex').slice(0, 16)
  const cache = env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const folder = join(cache, 'nodemend', 'tools', `moto-${hash}`)
  const path = join(folder, 'bin', 'python')
  const done = join(folder, 'installed')
  if (!existsSync(done)) await install(folder, done, log)
  return { available: true, path }
}

function unavailable(because: string, log: (line: string) => void): Python {
  const why = `SKIPPED, NOT TESTED: everything that needs moto in the place of AWS, because ${because}.`
  log(why)
  return { available: false, why }
}

async function pythonVersion(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const ask = 'import sys, venv, ensurepip; assert sys.version_info >= (3, 10); print(sys.version)'
  try {
    return (await promisify(execFile)('python3', ['-c', ask], { env })).stdout
  } catch {
    return undefined
  }
}

/** Once, even when two runs want it at the same moment. A venv does not survive being moved, so a mark says that it is whole. */
async function install(folder: string, done: string, log: (line: string) => void): Promise<void> {
  mkdirSync(dirname(folder), { recursive: true })
  const release = await lockFile(`${folder}.installing`, systemClock, () =>
    log(`another run is installing moto; waiting for it (${folder})`),
  )
  try {
    if (existsSync(done)) return
    log(`installing moto (once, about a minute) into ${folder}`)
    rmSync(folder, { recursive: true, force: true })
    await run('python3', ['-m', 'venv', folder])
    await run(join(folder, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', '-r', requirements])
    mkdirSync(done)
  } finally {
    release()
  }
}

async function run(command: string, args: readonly string[]): Promise<void> {
  try {
    await promisify(execFile)(command, [...args])
  } catch (error) {
    const { stderr = '' } = error as { readonly stderr?: string }
    const remedy = 'It needs the Python package index once; NODEMEND_REAL_CLUSTER=skip goes on without.'
    throw new Error(`NM_CLUSTER_BUILD: installing moto failed. ${remedy}\n${stderr.slice(-2_000)}`)
  }
}
