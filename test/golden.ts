/** Golden files: what machines read, reviewed as diffs. `npm run golden` rewrites them. */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const folder = join(import.meta.dirname, '..', 'golden')

/** Compares `text` with `golden/<name>`, or writes it when golden files are being updated. */
export function checkGolden(name: string, text: string): void {
  const file = join(folder, name)
  if (process.env.NODEMEND_UPDATE_GOLDEN === '1') {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    return
  }
  const golden = readOrEmpty(file)
  if (text !== golden)
    assert.fail(`golden/${name} differs: run npm run golden and review the diff${firstHunk(golden, text)}`)
}

/** The first lines that differ; the whole texts of a CRD would bury them. */
function firstHunk(before: string, after: string): string {
  const [old, now] = [before.split('\n'), after.split('\n')]
  const at = now.findIndex((line, index) => line !== old[index])
  const from = at < 0 ? now.length : at
  const lines = (all: readonly string[], sign: string) => all.slice(from, from + 5).map((line) => `${sign} ${line}`)
  return [`\nfrom line ${from + 1}:`, ...lines(old, '-'), ...lines(now, '+')].join('\n')
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
