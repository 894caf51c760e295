/**
 * Saves the newest state with one write at a time, retried after a failure. A write to a hanging disk never returns and
 * cannot be cancelled, so nothing waits for it without a limit and no second write starts. Reports a state that has not
 * been saved for ten seconds.
 */
import { type Cancel, type Clock, sleep } from '../../telemetry/clock.ts'
import type { Log } from '../../telemetry/log.ts'
import type { ReplaceOutcome } from '../host/disk.ts'

/** Delay after a failed write (a full disk); doubles up to a minute. */
const retryMs = 2_000
const longestRetryMs = 60_000
/** A state unsaved for this long is reported; the report repeats while it lasts. */
export const overdueMs = 10_000
const remindMs = 60_000

/** Why the state is unsaved: the error of the last write, or no answer from the disk. */
export type Unsaved = Error | 'no answer'

export interface SaverOptions {
  readonly clock: Clock
  readonly log: Log
  /** Returns the state to write; called when the write begins. */
  readonly text: () => string
  /** Saves the text durably. Called again only after it has returned. */
  readonly save: (text: string) => Promise<ReplaceOutcome>
  readonly onSaved: (outcome: ReplaceOutcome) => void
  /** Called when the state is overdue, and with undefined when it is saved again. */
  readonly onOverdue: (why: Unsaved | undefined) => void
}

export class Saver {
  readonly #options: SaverOptions
  #timer: Cancel | undefined
  #due = Number.POSITIVE_INFINITY // monotonic
  #saving: Promise<void> | undefined
  #failures = 0
  #failure: Error | undefined // error of the last write that returned
  #unsavedSince: number | undefined // monotonic start of the first write after the last success
  #overdue: Cancel | undefined
  #reported = false
  #stopped = false

  constructor(options: SaverOptions) {
    this.#options = options
  }

  /** Milliseconds since the first write after the last success began; 0 when the last write succeeded. */
  get unsavedMs(): number {
    return this.#unsavedSince === undefined ? 0 : this.#options.clock.monotonic() - this.#unsavedSince
  }

  /** Requests a write at most `ms` from now. */
  within(ms: number): void {
    const due = this.#options.clock.monotonic() + ms
    if (due >= this.#due || this.#stopped) return
    this.#due = due
    this.#timer?.()
    if (ms === 0) this.#start()
    else this.#timer = this.#options.clock.after(ms, () => this.#start())
  }

  /** Resolves when a due write is on disk or has failed; never while the disk does not answer. */
  async saved(): Promise<void> {
    if (this.#due <= this.#options.clock.monotonic()) this.#start()
    await this.#saving
  }

  /** Saves what is unsaved if that takes at most `ms`, then writes nothing more. */
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
    log.error('stopping without the newest state on disk; the next start uses the previous state', {
      error: reasonOf(this.#unsaved()),
      unsavedSeconds: Math.round(this.unsavedMs / 1000),
    })
  }

  #unsaved(): Unsaved {
    return this.#failure ?? 'no answer'
  }

  #start(): void {
    if (this.#saving || this.#stopped) return // the running write checks for a due write when it ends
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
      this.#overdue = clock.after(overdueMs, () => this.#report())
    }
    const outcome = await save(text())
    onSaved(outcome)
    if (outcome.written) this.#succeeded()
    else this.#failed(outcome.trouble)
  }

  #succeeded(): void {
    this.#unsavedSince = undefined
    this.#overdue?.()
    if (this.#failures > 0 || this.#reported) {
      this.#options.log.info('the state file can be written again', { failures: this.#failures })
    }
    this.#failures = 0
    if (!this.#reported) return
    this.#reported = false
    this.#options.onOverdue(undefined)
  }

  #failed(trouble: Error): void {
    this.#failure = trouble
    if (this.#failures++ === 0) {
      this.#options.log.error('cannot write the state file; the old one is unchanged', { error: trouble })
    }
    this.within(Math.min(longestRetryMs, retryMs * 2 ** (this.#failures - 1)))
  }

  #report(): void {
    const { clock, log, onOverdue } = this.#options
    const why = this.#unsaved()
    if (!this.#reported) {
      log.error('the state is not on disk: after a restart, the agent uses the previous state', {
        error: reasonOf(why),
        unsavedSeconds: Math.round(this.unsavedMs / 1000),
      })
    }
    this.#reported = true
    this.#overdue = clock.after(remindMs, () => this.#report())
    onOverdue(why)
  }
}

function reasonOf(why: Unsaved): Error | string {
  return why === 'no answer' ? 'the write does not return: the disk does not answer' : why
}
