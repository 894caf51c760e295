/** The real Helm, for tests of the chart. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { ensureTools } from '../cluster/tools.ts'

export const chartFolder = join(import.meta.dirname, '..', '..', 'deploy', 'chart')

export interface HelmResult {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs `helm ARGS…`. Every end is a result. */
export type Helm = (...args: readonly string[]) => Promise<HelmResult>

const mostBytes = 32 * 1024 * 1024
const deadlineMs = 120_000

/** Helm with settings of its own; undefined, with the test marked as skipped, on a machine without Go. */
export async function helmFor(t: TestContext, kubeconfig = '/dev/null'): Promise<Helm | undefined> {
  const tools = await ensureTools(['helm'])
  if (!tools.available) {
    t.skip(tools.why)
    return undefined
  }
  const home = mkdtempSync(join(tmpdir(), 'nodemend-helm-'))
  t.after(() => rmSync(home, { recursive: true, force: true }))
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    HELM_CACHE_HOME: home,
    HELM_CONFIG_HOME: home,
    HELM_DATA_HOME: home,
  }
  const options = { env: { ...env, KUBECONFIG: kubeconfig }, maxBuffer: mostBytes, timeout: deadlineMs }
  return (...args) =>
    new Promise((resolve) => {
      execFile(tools.paths.helm, args, options, (error, out, err) => {
        resolve({ code: error ? Number(error.code ?? 1) : 0, out, err })
      })
    })
}
