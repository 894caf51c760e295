/** A lock between processes: a file whose holder keeps touching it, so that the lock of a dead one is known by its age. */

import { rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { type Clock, sleep } from '../../../src/telemetry/clock.ts'

/** The holder touches its lock this often; one that was not touched for {@link STALE_MS} belongs to the dead. */
const BEAT_MS = 2_000
const STALE_MS = 20_000
const RETRY_MS = 500

/** Takes the lock file at `path` when it is free; `onWait` is told once when it is not. The answer gives it back. */
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

/** Two waiters may both take over a stale lock: what it guards must bear being done twice, if not often. */
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
    // Somebody took it for dead, e.g. after this machine slept: then two build at once, and both end well.
  }
}
