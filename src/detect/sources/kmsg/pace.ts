/**
 * Decides when to drain the kernel log again. Waking Node costs about 500 µs of CPU and draining a record 1.4 µs, so a
 * quiet log is drained at once, a busy one in batches, and a flood without pauses.
 */

/** Pause after the first lines that follow a silence; doubles while lines keep coming. */
export const shortestPauseMs = 16
/** Longest pause while lines keep coming, and thus the longest delay of a line. */
export const longestPauseMs = 240
/** Longest pause of a busy log, where the wake-up costs more than reading the lines. */
export const longestBusyPauseMs = 480
/** A log without lines for this long is silent. */
export const silenceMs = 200
/** A batch with this many records makes the log busy. */
export const busyBatch = 64
/** A pause lets at most about this many records accumulate; a ring of 256 KiB holds some 2,000. */
export const mostPiledUp = 512

/**
 * Returns the pause in milliseconds after a batch of `records` that arrived within `pausedMs` (0 after a wake-up from
 * silence). 0 means drain again at once.
 */
export function nextPause(records: number, pausedMs: number): number {
  const longest = records >= busyBatch ? longestBusyPauseMs : longestPauseMs
  const doubled = pausedMs === 0 ? shortestPauseMs : Math.min(longest, pausedMs * 2)
  const perMs = records / Math.max(1, pausedMs)
  const allowed = mostPiledUp / perMs
  return allowed < 1 ? 0 : Math.min(doubled, Math.floor(allowed))
}
