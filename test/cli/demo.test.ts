/** The demo as a script runs it, on a file in place of the kernel log: every stage, in order, and nothing left behind. */
import assert from 'node:assert/strict'
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
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
    assert.match(run.err, /kmsg\s+stands\s+in\s+for\s+it/)
    assert.deepEqual(readdirSync(folder), [], 'a demo removes its own folder')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('L17: a reader that goes away (| head -1) ends the demo, and nothing is left behind', async () => {
  const { ran, left } = await interrupted((child) => child.stdout.destroy())
  assert.deepEqual([ran.code, ran.signal, left], [0, null, []], ran.err)
  assert.doesNotMatch(ran.err, /unexpected|EPIPE/)
})

test('L17: Ctrl-C says what was ended and removed', async () => {
  const { ran, left } = await interrupted((child) => child.kill('SIGINT'))
  assert.deepEqual([ran.signal, left], ['SIGINT', []], ran.err)
  const said = ran.out.replaceAll('\n', ' ')
  assert.match(said, /Ended: agent, controller and modelled cluster are stopped, \S+\/nodemend-demo-\S+ is removed\./)
})

/** A demo that is disturbed as soon as it has said something. */
async function interrupted(disturb: (child: ChildProcessByStdio<null, Readable, Readable>) => void) {
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-demo-test-'))
  try {
    const ran = await nodemend(['demo', `--kmsg=${folder}/no-such-log`], folder, disturb)
    return { ran, left: readdirSync(folder) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function nodemend(
  args: readonly string[],
  temporary: string,
  onFirstWord: (child: ChildProcessByStdio<null, Readable, Readable>) => void = () => undefined,
) {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const kept = { out: '', err: '' }
  child.stdout.once('data', () => onFirstWord(child))
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    kept.out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    kept.err += text
  })
  const ended = await new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal }))
  })
  return { ...ended, ...kept }
}
