/** A lock between processes: a file that its holder keeps touching, so that age shows a stale lock. */

import { rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { type Clock, sleep } from '../../../src/telemetry/clock.ts'

/** The holder touches its lock this often; a lock untouched for {@link STALE_MS} is stale. */
const BEAT_MS = 2_000
const STALE_MS = 20_000
const RETRY_MS = 500

/** Takes the lock file at `path` when it is free; calls `onWait` once when it is not. Returns a function that releases it. */
export async function lockFile(path: string, clock: Clock, onWait: () => void): Promise<() => void> {
  for (let waited = false; !tryLock(path, clock); waited = true) {
    if (!waited) onWait()
    await sleep(clock, RETRY_MS)
  }
  let cancel = clock.after(0, () => undefined)
  const beat = (): void => {
    touch(path, clock)
    cancel = clock.after(BEAT_MS, beat)
  }
  beat()
  return () => {
    cancel()
    rmSync(path, { force: true })
  }
}

/** Two waiters may both take over a stale lock, so the guarded work must tolerate running twice. */
function tryLock(path: string, clock: Clock): boolean {
  try {
    writeFileSync(path, `${process.pid}\n`, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const touched = statSync(path, { throwIfNoEntry: false })?.mtimeMs
  if (touched !== undefined && clock.now() - touched > STALE_MS) rmSync(path, { force: true })
  return false
}

function touch(path: string, clock: Clock): void {
  const seconds = clock.now() / 1000
  try {
    utimesSync(path, seconds, seconds)
  } catch {
    // Another process took the lock over, e.g. after this machine slept; two builds at once both succeed.
  }
}
