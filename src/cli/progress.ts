/** Says what a command waits for, once it has waited for a second, and only where a person looks. */
import type { Io } from './io.ts'

/** What most commands wait for. */
export const askingCluster = 'asking the API server'

const patienceMs = 1_000

/**
 * Runs `work`. After a second, and every second from then on, the terminal shows `what` and how long it takes; the line is gone when
 * the work ends. `what`: `asking the API server`.
 */
export async function withProgress<T>(
  io: Pick<Io, 'live' | 'clock' | 'stderr'>,
  what: string,
  work: () => Promise<T>,
): Promise<T> {
  if (!io.live) return work()
  const { clock, stderr } = io
  const startedAt = clock.monotonic()
  let shown = false
  let cancel = (): void => undefined
  const next = (): void => {
    cancel = clock.after(patienceMs, () => {
      shown = true
      stderr(`\r\x1b[K${what} … ${Math.round((clock.monotonic() - startedAt) / 1_000)} s`)
      next()
    })
  }
  next()
  try {
    return await work()
  } finally {
    cancel()
    if (shown) stderr('\r\x1b[K')
  }
}
