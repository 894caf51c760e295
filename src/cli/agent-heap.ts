/**
 * Gives back the memory that the agent took for a while: at its start, for parsers that are needed once, in a storm.
 * V8 keeps it for later by itself, up to the double; a guest on the node should not.
 */
import { dirname } from 'node:path'
import type { Clock } from '../telemetry/clock.ts'

/** Records after which it is worth it. */
const muchWork = 5_000
/** How long after it: one collection for a storm, not one per line. It stops the process for some twenty milliseconds. */
const delayMs = 5_000

type Collect = (how: { readonly type: 'major'; readonly execution: 'sync'; readonly flavor: 'last-resort' }) => void

export class HeapTrim {
  readonly #clock: Clock
  readonly #programFile: string
  /** There with `--expose-gc` only. */
  readonly #collect = (globalThis as { gc?: Collect }).gc
  #work = 0
  #waiting = false

  constructor(clock: Clock, programFile: string) {
    this.#clock = clock
    this.#programFile = programFile
  }

  /** Counts work; some time after there was much of it, the heap is trimmed. */
  worked(amount: number): void {
    this.#work += amount
    if (this.#work < muchWork || this.#waiting) return
    this.#waiting = true
    this.#clock.after(delayMs, () => {
      this.#work = 0
      this.#waiting = false
      this.#trim()
    })
  }

  #trim(): void {
    forgetParts(this.#programFile)
    // Bytecode that only the start needed grows old with each collection and is dropped.
    for (let round = 0; round < 4; round++) this.#collect?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
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
