/** Evidence: one thing that was seen on the node, before anybody judged it. */

/** Who wrote a kernel log record: syslog facility 0 is the kernel, anything else came through a write to /dev/kmsg. */
export type Origin = 'kernel' | 'userspace'

/** One record of a log. */
export interface LogEvidence {
  readonly source: 'kmsg' | 'journal' | 'logfile'
  /** Wall-clock milliseconds at which the record was written, as far as the source tells. */
  readonly at: number
  /** The text without framing; `\xNN` escapes of /dev/kmsg are kept as they are. */
  readonly text: string
  /** Position in the source: the kmsg sequence number, a byte offset. Grows; unique within one boot. */
  readonly sequence: number
  readonly origin: Origin
}
