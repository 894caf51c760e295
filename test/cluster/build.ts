/** Builds tools from their Go modules into the cache: once, even when two runs want them at the same moment. */

import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sleep, systemClock } from '../../src/telemetry/clock.ts'
import { TOOLS, type ToolName } from './tool-list.ts'

export interface Build {
  /** Tools of one set. */
  readonly names: readonly ToolName[]
  /** Folder with the set's go.mod. */
  readonly source: string
  /** Folder the binaries end up in, under the names of {@link ToolName}. */
  readonly target: string
  readonly log: (line: string) => void
}

/** The holder of a lock touches it this often; one that was not touched for {@link LOCK_STALE_MS} belongs to the dead. */
const LOCK_BEAT_MS = 2_000
const LOCK_STALE_MS = 20_000
/** Compilers run at the lowest priority: a first run builds for minutes and shares the machine. */
const NICENESS = '15'

/** Builds what is still missing in `target`; waits where another process builds already. Rejects with what Go said. */
export async function buildTools(build: Build): Promise<void> {
  mkdirSync(build.target, { recursive: true })
  const release = await lock(join(build.target, 'building'), build.log)
  try {
    const missing = build.names.filter((name) => !existsSync(join(build.target, name)))
    if (missing.length > 0) await compile({ ...build, names: missing })
  } finally {
    release()
  }
}

async function compile(build: Build): Promise<void> {
  const started = systemClock.monotonic()
  build.log(`building ${build.names.join(', ')} (once; the first build takes minutes) into ${build.target}`)
  const fresh = mkdtempSync(join(build.target, 'new-'))
  try {
    await goBuild(build, fresh)
    for (const name of build.names) renameSync(join(fresh, TOOLS[name].builtName), join(build.target, name))
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
  build.log(`built ${build.names.join(', ')} in ${Math.round((systemClock.monotonic() - started) / 1000)} s`)
}

function goBuild(build: Build, output: string): Promise<void> {
  const tools = build.names.map((name) => TOOLS[name])
  const stamps = [...new Set(tools.flatMap((tool) => tool.stamps))]
  const ldflags = ['-s', '-w', ...stamps.flatMap((stamp) => ['-X', stamp])].join(' ')
  const packages = tools.map((tool) => tool.package)
  const child = spawn('nice', ['-n', NICENESS, 'go', 'build', '-o', `${output}/`, '-ldflags', ldflags, ...packages], {
    cwd: build.source,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, GOFLAGS: '-mod=readonly -buildvcs=false', GOWORK: 'off' },
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4000)
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) return resolve()
      const remedy = 'Building needs the Go module proxy once; NODEMEND_REAL_CLUSTER=skip goes on without a cluster.'
      reject(new Error(`NM_CLUSTER_BUILD: go build of ${build.names.join(', ')} failed. ${remedy}\n${said.trim()}`))
    })
  })
}

/** Takes the lock file at `path` and keeps it fresh; the answer gives it back. */
async function lock(path: string, log: (line: string) => void): Promise<() => void> {
  for (let waited = false; !tryLock(path); waited = true) {
    if (!waited) log(`another run is building the same tools; waiting for it (${path})`)
    await sleep(systemClock, 500)
  }
  let cancel = systemClock.after(LOCK_BEAT_MS, beat)
  function beat(): void {
    const now = systemClock.now() / 1000
    utimesSync(path, now, now)
    cancel = systemClock.after(LOCK_BEAT_MS, beat)
  }
  return () => {
    cancel()
    rmSync(path, { force: true })
  }
}

/** Two waiters may both take over a stale lock; then the same binaries are built twice and renamed into place twice. */
function tryLock(path: string): boolean {
  try {
    writeFileSync(path, `${process.pid}\n`, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const touched = statSync(path, { throwIfNoEntry: false })?.mtimeMs
  if (touched !== undefined && systemClock.now() - touched > LOCK_STALE_MS) rmSync(path, { force: true })
  return false
}
