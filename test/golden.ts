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
  assert.equal(text, readOrEmpty(file), `golden/${name} differs: run npm run golden and review the diff`)
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
