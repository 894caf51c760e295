/** Builds tools from their Go modules into the cache: once, even when two runs want them at the same moment. */

import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../src/telemetry/clock.ts'
import { lockFile } from './process/lock.ts'
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

/** Compilers run at the lowest priority: a first run builds for minutes and shares the machine. */
const NICENESS = '15'

/** Builds what is still missing in `target`; waits where another process builds already. Rejects with Go's error. */
export async function buildTools(build: Build): Promise<void> {
  mkdirSync(build.target, { recursive: true })
  const path = join(build.target, 'building')
  const release = await lockFile(path, systemClock, () =>
    build.log(`another run is building the same tools; waiting for it (${path})`),
  )
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
  const tags = [...new Set(tools.flatMap((tool) => tool.tags ?? []))].join(',')
  const packages = tools.map((tool) => tool.package)
  const args = ['build', '-o', `${output}/`, '-tags', tags, '-ldflags', ldflags, ...packages]
  const child = spawn('nice', ['-n', NICENESS, 'go', ...args], {
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
