/** Kernel log records → sightings. On the hot path (a record that means nothing) nothing is allocated. */
import type { LogEvidence } from '../../../model/evidence.ts'
import type { Match } from '../../../model/finding.ts'
import type { Sighting } from '../../lifecycle/state.ts'
import type { Timeline } from '../../lifecycle/timeline.ts'
import type { Matcher } from '../../match/matcher.ts'
import { LineJoiner } from '../../sources/kmsg/continuation.ts'
import { fromKernel, type RecordView, usecOf } from '../../sources/kmsg/record.ts'

export interface KernelReadingOptions {
  readonly timeline: Timeline
  /** Asked for each record, so that reloaded rules are in force from the next line on. */
  readonly matcher: () => Matcher
  /** Told of each line that means something, for the log. */
  readonly onEvidence: (evidence: LogEvidence, matches: readonly Match[]) => void
}

export class KernelReading {
  readonly #options: KernelReadingOptions
  readonly #joiner = new LineJoiner()
  #sightings: Sighting[] = []
  /** When the log was last read to its end: a record that comes later is not older than that. */
  #readUpTo = Number.NEGATIVE_INFINITY

  constructor(options: KernelReadingOptions) {
    this.#options = options
  }

  /** Takes one record; what it means waits for {@link collect}. */
  take(bytes: Uint8Array, record: RecordView): void {
    const matcher = this.#options.matcher()
    const joined = this.#joiner.take(bytes, record)
    const own = matcher.matchBytes(bytes, record.textStart, record.textEnd)
    if (own.length > 0) this.#see(own, textOf(bytes, record.textStart, record.textEnd), usecOf(bytes, record), record)
    if (!joined) return
    const more = matcher
      .matchBytes(joined.bytes, 0, joined.end)
      .filter(({ rule }) => !own.some((one) => one.rule === rule))
    if (more.length > 0) this.#see(more, textOf(joined.bytes, 0, joined.end), usecOf(bytes, record), record)
  }

  /** What was seen since the last call. `atEnd`: the log has been read to its end. */
  collect(atEnd: boolean): readonly Sighting[] {
    const seen = this.#sightings
    if (seen.length > 0) this.#sightings = []
    if (atEnd) this.#readUpTo = this.#options.timeline.now()
    return seen
  }

  #see(matches: readonly Match[], text: string, usec: number, record: RecordView): void {
    const { timeline, onEvidence } = this.#options
    const now = timeline.now()
    // The stamp is the scheduler's clock: it drifts and sleeps with the machine, so it is kept between two known moments.
    const stamp = Number.isNaN(usec) ? now : timeline.fromBoot(usec / 1000)
    const at = Math.floor(Math.min(now, Math.max(stamp, this.#readUpTo)))
    const origin = fromKernel(record) ? 'kernel' : 'userspace'
    const wall = Math.round(at + timeline.moment().wallOffset)
    onEvidence({ source: 'kmsg', at: wall, text, sequence: record.sequence, origin }, matches)
    for (const match of matches) this.#sightings.push({ match, at, sequence: record.sequence, origin })
  }
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8')
}
