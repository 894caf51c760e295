/**
 * Keeps the newest state on disk: one write at a time, tried again after a failure. A disk that hangs never answers, and
 * a write in the thread pool cannot be called back; so nobody waits for one longer than it is of use, no second one is
 * started behind it, and a state that is not kept is told.
 */
import { type Cancel, type Clock, sleep } from '../../telemetry/clock.ts'
import type { Log } from '../../telemetry/log.ts'
import type { ReplaceOutcome } from '../host/disk.ts'

/** Waiting time after a failed write (a full disk); doubles up to a minute. */
const retryMs = 2_000
const longestRetryMs = 60_000
/** A state that has not been kept for this long is told, and told again as long as it lasts. */
export const overdueMs = 10_000
const remindMs = 60_000

/** Why the state is not kept: what the last write failed with, or nothing when it has not returned. */
export type Unsaved = Error | 'no answer'

export interface SaverOptions {
  readonly clock: Clock
  readonly log: Log
  /** The state as it is to be written, asked for when the writing begins. */
  readonly text: () => string
  /** Keeps the text durably; called again only when it has returned. */
  readonly save: (text: string) => Promise<ReplaceOutcome>
  readonly onSaved: (outcome: ReplaceOutcome) => void
  /** The state has not been kept for a while; undefined when it is kept again. */
  readonly onOverdue: (why: Unsaved | undefined) => void
}

export class Saver {
  readonly #options: SaverOptions
  #timer: Cancel | undefined
  #due = Number.POSITIVE_INFINITY // monotonic
  #saving: Promise<void> | undefined
  #failures = 0
  #failure: Error | undefined // of the last write, when it has returned
  #unsavedSince: number | undefined // monotonic start of the first write since one succeeded
  #overdue: Cancel | undefined
  #told = false
  #stopped = false

  constructor(options: SaverOptions) {
    this.#options = options
  }

  /** Milliseconds since the first write that has not succeeded began; 0 when the last one succeeded. */
  get unsavedMs(): number {
    return this.#unsavedSince === undefined ? 0 : this.#options.clock.monotonic() - this.#unsavedSince
  }

  /** The state has changed and is to be written `ms` from now at the latest. */
  within(ms: number): void {
    const due = this.#options.clock.monotonic() + ms
    if (due >= this.#due || this.#stopped) return
    this.#due = due
    this.#timer?.()
    if (ms === 0) this.#start()
    else this.#timer = this.#options.clock.after(ms, () => this.#start())
  }

  /** Resolves when what is due is on disk, or its writing has failed; never, while the disk does not answer. */
  async saved(): Promise<void> {
    if (this.#due <= this.#options.clock.monotonic()) this.#start()
    await this.#saving
  }

  /** Writes what is not written, if that can be done within `ms`, then nothing more. */
  async stop(ms: number): Promise<void> {
    this.#stopped = true
    this.#timer?.()
    const { clock, log } = this.#options
    const enough = new AbortController()
    const last = (this.#saving ?? Promise.resolve()).then(() => this.#write())
    await Promise.race([last, sleep(clock, ms, enough.signal).catch(() => undefined)])
    enough.abort()
    this.#overdue?.()
    if (this.#unsavedSince === undefined) return
    log.error('ending without the newest state on disk; the next start goes on from the state before it', {
      error: reasonOf(this.#unsaved()),
      unsavedSeconds: Math.round(this.unsavedMs / 1000),
    })
  }

  #unsaved(): Unsaved {
    return this.#failure ?? 'no answer'
  }

  #start(): void {
    if (this.#saving || this.#stopped) return // the running write looks again when it is done
    this.#saving = this.#write().finally(() => {
      this.#saving = undefined
      if (this.#due <= this.#options.clock.monotonic()) this.#start()
    })
  }

  async #write(): Promise<void> {
    const { clock, text, save, onSaved } = this.#options
    this.#due = Number.POSITIVE_INFINITY
    this.#failure = undefined
    if (this.#unsavedSince === undefined) {
      this.#unsavedSince = clock.monotonic()
      this.#overdue = clock.after(overdueMs, () => this.#tell())
    }
    const outcome = await save(text())
    onSaved(outcome)
    if (outcome.written) this.#succeeded()
    else this.#failed(outcome.trouble)
  }

  #succeeded(): void {
    this.#unsavedSince = undefined
    this.#overdue?.()
    if (this.#failures > 0 || this.#told) {
      this.#options.log.info('the state file is written again', { failures: this.#failures })
    }
    this.#failures = 0
    if (!this.#told) return
    this.#told = false
    this.#options.onOverdue(undefined)
  }

  #failed(trouble: Error): void {
    this.#failure = trouble
    if (this.#failures++ === 0) {
      this.#options.log.error('cannot write the state file; the old one stands', { error: trouble })
    }
    this.within(Math.min(longestRetryMs, retryMs * 2 ** (this.#failures - 1)))
  }

  #tell(): void {
    const { clock, log, onOverdue } = this.#options
    const why = this.#unsaved()
    if (!this.#told) {
      log.error('the state is not kept: after a restart, the agent goes on from the state before', {
        error: reasonOf(why),
        unsavedSeconds: Math.round(this.unsavedMs / 1000),
      })
    }
    this.#told = true
    this.#overdue = clock.after(remindMs, () => this.#tell())
    onOverdue(why)
  }
}

function reasonOf(why: Unsaved): Error | string {
  return why === 'no answer' ? 'the write does not return: the disk does not answer' : why
}
