/** The `nodemend` command's entry: real streams, real clock, signals. What it runs is in `run.ts`. */
import { realpathSync } from 'node:fs'
import { systemClock, systemRandom } from '../telemetry/clock.ts'
import { CommandError, exitCodes } from './io.ts'
import { run } from './run.ts'

/** Signals closer together than this are one press of Ctrl-C. */
const doubledMs = 500

async function main(): Promise<void> {
  const stop = new AbortController()
  let ended: NodeJS.Signals | undefined
  let endedAt = 0
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      const now = systemClock.monotonic()
      // A second one does not wait for a tidy end. Ctrl-C under npm arrives twice at once: that is still the first.
      if (ended && now - endedAt > doubledMs) process.kill(process.pid, 'SIGKILL')
      if (ended) return
      ended = name
      endedAt = now
      stop.abort(new CommandError('NM_CLI_INTERRUPTED', '', 128 + (name === 'SIGINT' ? 2 : 15)))
    })
  }
  let unread = false
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') return
    unread = true // `nodemend … | head` closed the pipe: the end as after Ctrl-C, and not our failure
    stop.abort(new CommandError('NM_CLI_INTERRUPTED', '', exitCodes.ok))
  })
  const exitCode = await run(process.argv.slice(2), {
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
    stdin: process.stdin,
    programFile: realpathSync(process.argv[1] ?? '.'),
    env: process.env,
    clock: systemClock,
    random: systemRandom,
    signal: stop.signal,
    columns: process.stdout.columns ?? 80,
    live: process.stderr.isTTY && process.env.TERM !== 'dumb',
    colour: Boolean(process.stdout.isTTY) && !process.env.NO_COLOR,
  })
  process.exitCode = unread ? exitCodes.ok : exitCode
  if (ended) endBySignal(ended)
}

/**
 * Ends as the signal would have, after the tidy end. A thread of the pool that writes to a disk that hangs would keep
 * `process.exit` waiting for ever (libuv joins its pool), a signal does not wait.
 */
function endBySignal(name: NodeJS.Signals): void {
  process.removeAllListeners(name)
  process.kill(process.pid, name)
}

void main()
