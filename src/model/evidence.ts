/** Evidence: one observation on the node, before it is judged. */

/** The logs that rules can name as their `source`. */
export const logNames = ['kmsg', 'journal', 'logfile', 'pstore'] as const
export type LogName = (typeof logNames)[number]

/**
 * Who vouches for a piece of evidence.
 * `kernel`: the kernel wrote it (syslog facility 0 of /dev/kmsg).
 * `service`: journald attests which unit wrote it (`_SYSTEMD_UNIT`).
 * `agent`: this agent measured it itself.
 * `userspace`: any process that may write to the log can have written it.
 */
export type Trust = 'kernel' | 'service' | 'agent' | 'userspace'

/** One line of a log. */
export interface LogEvidence {
  readonly source: LogName
  /** Wall-clock milliseconds at which the line was written, as precise as the log allows. */
  readonly at: number
  /** The text without framing; `\xNN` escapes of /dev/kmsg stay as they are. */
  readonly text: string
  readonly trust: Trust
}
