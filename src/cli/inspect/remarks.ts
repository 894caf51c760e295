/** What `classify` says about a log as a whole, when it has read it. */
import { questioned } from '../../model/shown.ts'
import type { Tally } from './line-classifier.ts'

/** Share of a log's lines from which on an unknown frame is worth a word. */
const many = 0.1

/** Complete sentences without the program's name. `counted`: with how many lines mean something. */
export function remarks(tally: Tally, counted: boolean): readonly string[] {
  const { lines, meaningful, framed, strange, firstStrange, quoted, firstQuoted, quotedBy } = tally
  const all: string[] = []
  if (lines === 0) return ['the log is empty: nothing was looked for']
  if (counted) all.push(`${meaningful} of ${lines} lines mean something`)
  if (quoted > 0) {
    const by = quotedBy === undefined ? '' : `, written by ${questioned(quotedBy).slice(0, 80)}`
    all.push(
      `${quoted} more would mean something if the kernel said it, but a process does (first: line ${firstQuoted}${by}); the kernel's own log is what dmesg and journalctl -k print`,
    )
  }
  if (strange > 0 && strange >= lines * many) {
    all.push(
      `${strange} of ${lines} lines have something in front of the message that is no known framing (first: line ${firstStrange}); faults were looked for behind it. Read for certain are the text alone and what dmesg or journalctl -k -o short-iso print: cut off what stands in front of it, for instance with sed`,
    )
  }
  if (meaningful + framed + strange + quoted === 0) {
    all.push('no line is marked as one of the kernel; dmesg and journalctl -k -o short-iso print its log')
  }
  return all
}
