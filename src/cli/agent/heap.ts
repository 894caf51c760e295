/**
 * Memory against speed, while the agent runs. Gives back what it took for a while: at its start, for parsers that are
 * needed once, in a storm; V8 by itself keeps it for later, up to the double. And lets V8 compile for speed only on a
 * node whose kernel log is full of what rules look at: elsewhere the compiler's 4 MB would buy nothing.
 */
import { dirname } from 'node:path'
import type { Clock } from '../../telemetry/clock.ts'

/** Work since the last time: a line that meant something leaves some kilobytes behind, other records some bytes. */
const muchEvidence = 200
const manyRecords = 50_000
/** Records between two collections that show that the storm has not ended. */
const stormRecords = 5_000
/** How long after it: one collection for a storm's five seconds, not one per line. It stops the process for some twenty milliseconds. */
const stormMs = 5_000
/** How long after the start: the first reports are out. */
const startMs = 2_000
/** Bytecode that only the start needed grows old with each collection and is dropped. */
const roundsAfterStart = 4
/** Between rounds: what a glance sets going comes to its end. */
const roundGapMs = 100

/** Work within a window that earns the compiler's cost: records that had to be looked at, and lines that meant something. */
const muchWork = 2_000
const workWindowMs = 5_000
/** What such a line costs, in records: a pattern, a finding, a log line. */
const evidenceWork = 20
/** Calls before a function is compiled: V8's own 400 would leave the first second of a storm to the interpreter. */
const compilerFlags = ['--invocation-count-for-maglev=50', '--maglev']

/** What happened since the last time it was told. */
export interface Work {
  readonly records: number
  /** Those of them that rules had a look at. */
  readonly looked: number
  /** Those that meant something. */
  readonly evidence: number
}

type Collect = (how: { readonly type: 'major'; readonly execution: 'sync'; readonly flavor: 'last-resort' }) => void

export class HeapKeeper {
  readonly #clock: Clock
  readonly #programFile: string
  #glance: () => void = () => undefined
  /** There with `--expose-gc` only. */
  readonly #collect = (globalThis as { gc?: Collect }).gc
  #records = 0
  #evidence = 0
  #waiting = false
  #windowStart = Number.POSITIVE_INFINITY // monotonic; the records of the start do not count
  #windowWork = 0
  #fast = false

  constructor(clock: Clock, programFile: string) {
    this.#clock = clock
    this.#programFile = programFile
  }

  /**
   * The start is over. `glance` runs what a quiet node runs, so that its code does not grow old between the collections:
   * it came ready from Node's snapshot, and made anew it would cost 0.8 MB of Node's sources and the first fault its time.
   */
  started(glance: () => void): void {
    this.#glance = glance
    this.#after(startMs, roundsAfterStart)
  }

  worked({ records, looked, evidence }: Work): void {
    this.#records += records
    this.#evidence += evidence
    if (this.#evidence >= muchEvidence || this.#records >= manyRecords) this.#after(stormMs, 1)
    if (!this.#fast) this.#watchRate(looked + evidence * evidenceWork)
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
      if (storm) this.#after(stormMs, 1) // it may go on; what it leaves behind at its end is collected, too
    })
  }

  #collectRounds(rounds: number): void {
    this.#collect?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
    this.#glance()
    if (rounds > 1) this.#clock.after(roundGapMs, () => this.#collectRounds(rounds - 1))
  }
}

/** Lets go of the parts of the program that were loaded for one use (`agent-*.cjs`: parsers and schemas). */
function forgetParts(programFile: string): void {
  const { cache } = require // this file only runs as CommonJS, in the agent's bundle
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
