/**
 * Manages the agent's memory. After the start and after a storm, it makes V8 return memory that it would otherwise
 * keep, up to twice what is needed. It turns V8's optimising compiler (4 MB) on only when many kernel log lines need
 * matching.
 */
import { dirname } from 'node:path'
import type { Clock } from '../../telemetry/clock.ts'

/** Work that triggers a collection: a matched line leaves some kilobytes behind, other records some bytes. */
const muchEvidence = 200
const manyRecords = 50_000
/** This many records between two collections mean that the storm goes on. */
const stormRecords = 5_000
/** Delay of the collection, so that five seconds of a storm need one. It stops the process for about 20 ms. */
const stormMs = 5_000
/** Delay of the collection after the start; by then the first reports have been sent. */
const startMs = 2_000
/** V8 drops bytecode used only by the start when it has aged over this many collections. */
const roundsAfterStart = 4
/** Delay between collections, so that what a check starts can finish. */
const roundGapMs = 100

/** Work within a window that justifies the compiler's memory: records to match, and matched lines. */
const muchWork = 2_000
const workWindowMs = 5_000
/** A matched line costs as much as this many records: a pattern, a finding, a log line. */
const evidenceWork = 20
/** Calls before V8 compiles a function. With V8's default of 400, the first second of a storm would be interpreted. */
const compilerFlags = ['--invocation-count-for-maglev=50', '--maglev']

/** Work done since the last report of it. */
export interface Work {
  readonly records: number
  /** How many of `records` were handed to the rules; no rule can match the others. */
  readonly handedOver: number
  /** Lines that a rule matched. */
  readonly evidence: number
}

type Collect = (how: { readonly type: 'major'; readonly execution: 'sync'; readonly flavor: 'last-resort' }) => void

export class HeapKeeper {
  readonly #clock: Clock
  readonly #programFile: string
  #checkOnce: () => void = () => undefined
  /** Present only with `--expose-gc`. */
  readonly #collect = (globalThis as { gc?: Collect }).gc
  #records = 0
  #evidence = 0
  #waiting = false
  #windowStart = Number.POSITIVE_INFINITY // monotonic; records read at the start do not count
  #windowWork = 0
  #fast = false

  constructor(clock: Clock, programFile: string) {
    this.#clock = clock
    this.#programFile = programFile
  }

  /**
   * Call once the start is complete. `checkOnce` runs the code of a quiet node between collections, so that V8 keeps it:
   * loading it again would cost 0.8 MB of Node's sources and delay the first fault.
   */
  started(checkOnce: () => void): void {
    this.#checkOnce = checkOnce
    this.#after(startMs, roundsAfterStart)
  }

  worked({ records, handedOver, evidence }: Work): void {
    this.#records += records
    this.#evidence += evidence
    if (this.#evidence >= muchEvidence || this.#records >= manyRecords) this.#after(stormMs, 1)
    if (!this.#fast) this.#watchRate(handedOver + evidence * evidenceWork)
  }

  #watchRate(work: number): void {
    const passed = this.#clock.monotonic() - this.#windowStart
    if (passed > workWindowMs) this.#openWindow()
    this.#windowWork += work
    if (passed < 0 || this.#windowWork < muchWork) return
    this.#fast = true
    const v8 = process.getBuiltinModule('node:v8')
    for (const flag of compilerFlags) v8.setFlagsFromString(flag)
  }

  #openWindow(): void {
    this.#windowStart = this.#clock.monotonic()
    this.#windowWork = 0
  }

  #after(ms: number, rounds: number): void {
    if (this.#waiting) return
    this.#waiting = true
    this.#clock.after(ms, () => {
      this.#waiting = false
      const storm = this.#records >= stormRecords || this.#evidence >= muchEvidence
      this.#records = 0
      this.#evidence = 0
      if (this.#windowStart === Number.POSITIVE_INFINITY) this.#openWindow()
      forgetParts(this.#programFile)
      this.#collectRounds(rounds)
      if (storm) this.#after(stormMs, 1) // collects again, because the storm may go on
    })
  }

  #collectRounds(rounds: number): void {
    this.#collect?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
    this.#checkOnce()
    if (rounds > 1) this.#clock.after(roundGapMs, () => this.#collectRounds(rounds - 1))
  }
}

/** Unloads the parts of the program that are used once (`agent-*.cjs`: parsers and schemas). */
function forgetParts(programFile: string): void {
  const { cache } = require // this code runs only as CommonJS in the agent's bundle
  const prefix = `${dirname(programFile)}/agent-`
  for (const [file, part] of Object.entries(cache)) {
    if (!part || !file.startsWith(prefix)) continue
    delete cache[file]
    for (const other of Object.values(cache)) {
      const at = other?.children.indexOf(part) ?? -1
      if (at >= 0) other?.children.splice(at, 1)
    }
  }
}
