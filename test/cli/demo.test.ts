/** The demo as a script runs it, on a file in place of the kernel log: every stage, in order, and nothing left behind. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { stages } from '../../src/drill/fault-history.ts'

const program = join(import.meta.dirname, '..', '..', 'bin', 'nodemend.cjs')

test('demo --once --output json: every stage in order, one JSON object last, exit code 0', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-demo-test-'))
  try {
    const run = await nodemend(['demo', '--once', '--output', 'json', `--kmsg=${folder}/no-such-log`], folder)
    assert.equal(run.code, 0, run.err)
    const summary = JSON.parse(run.out.trim().split('\n').at(-1) ?? '') as {
      readonly ok: boolean
      readonly stages: readonly { readonly stage: string; readonly sinceInjectedMs: number }[]
    }
    assert.equal(summary.ok, true)
    assert.deepEqual(
      summary.stages.map((one) => one.stage),
      stages,
    )
    const times = summary.stages.map((one) => one.sinceInjectedMs)
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    )
    assert.match(run.err, /kmsg stands in for it/)
    assert.deepEqual(readdirSync(folder), [], 'a demo removes its own folder')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

async function nodemend(args: readonly string[], temporary: string) {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const kept = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    kept.out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    kept.err += text
  })
  const code = await new Promise<number | null>((resolve) => {
    child.on('close', (ended) => resolve(ended))
  })
  return { code, ...kept }
}
