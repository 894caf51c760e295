/**
 * When to drain the kernel log again. Waking Node costs about 500 µs of CPU, draining a record 1.4 µs: a quiet log is
 * drained the moment it speaks, a busy one in batches, a flood without pause.
 */

/** Pause after the first lines that follow silence; doubles while lines keep coming. */
export const shortestPauseMs = 16
/** Longest pause while lines keep coming: an upper bound of how late a line is seen … */
export const longestPauseMs = 240
/** … which a log doubles that is busy enough for the wake to be most of what a line costs. */
export const longestBusyPauseMs = 480
/** A log that said nothing for this long is quiet again; one that speaks in bursts more often is not. */
export const silenceMs = 200
/** Records in one batch that make it busy. */
export const busyBatch = 64
/** A pause must not let more than about this many records pile up: a ring of 256 KiB holds some 2,000. */
export const mostPiledUp = 512

/**
 * The pause after a batch of `records` that came in during `pausedMs` (0 after a wake from silence). Returns 0 for
 * "at once".
 */
export function nextPause(records: number, pausedMs: number): number {
  const longest = records >= busyBatch ? longestBusyPauseMs : longestPauseMs
  const doubled = pausedMs === 0 ? shortestPauseMs : Math.min(longest, pausedMs * 2)
  const perMs = records / Math.max(1, pausedMs)
  const allowed = mostPiledUp / perMs
  return allowed < 1 ? 0 : Math.min(doubled, Math.floor(allowed))
}
