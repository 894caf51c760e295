/**
 * Where the pure life cycle lives on a node: takes what monitors saw, steps the state, keeps it on disk, and tells the
 * reporters. The cursor of a source and the effect of its lines are always written together.
 */
import type { Cancel, Clock } from '../../telemetry/clock.ts'
import type { Log } from '../../telemetry/log.ts'
import type { ReplaceOutcome } from '../host/replace-file.ts'
import type { Settings } from './settings.ts'
import type { LifecycleState } from './state.ts'
import { type Cursors, serialiseState } from './state-file.ts'
import { type Input, type Outcome, step } from './step.ts'
import type { Timeline } from './timeline.ts'

/** A change that matters is written at once; growing counts wait, moved cursors wait longer. */
const countsSaveMs = 5_000
const cursorSaveMs = 300_000
/** Waiting time after a failed write (a full disk); doubles up to a minute. */
const retryMs = 2_000
const longestRetryMs = 60_000

export interface LedgerOptions {
  readonly clock: Clock
  readonly timeline: Timeline
  readonly settings: Settings
  readonly log: Log
  readonly state: LifecycleState
  readonly cursors: Cursors
  /** Keeps the text durably; one call at a time. */
  readonly save: (text: string) => Promise<ReplaceOutcome>
  readonly onStep: (outcome: Outcome, before: LifecycleState) => void
  readonly onSaved: (outcome: ReplaceOutcome) => void
}

export class Ledger {
  readonly #options: LedgerOptions
  #state: LifecycleState
  #settings: Settings
  #cursors: Record<string, number>
  #wake: Cancel | undefined
  #saveTimer: Cancel | undefined
  #saveDue = Number.POSITIVE_INFINITY // monotonic
  #saving: Promise<void> | undefined
  #failures = 0
  #stopped = false

  constructor(options: LedgerOptions) {
    this.#options = options
    this.#state = options.state
    this.#settings = options.settings
    this.#cursors = { ...options.cursors }
  }

  get state(): LifecycleState {
    return this.#state
  }

  get settings(): Settings {
    return this.#settings
  }

  /** Takes what came in, in order; `cursors` say how far the sources are read with it. */
  take(inputs: readonly Input[], cursors: Cursors = {}): void {
    if (this.#stopped) return
    const moved = Object.entries(cursors).some(([source, position]) => this.#cursors[source] !== position)
    if (moved) Object.assign(this.#cursors, cursors)
    if (inputs.length === 0) {
      if (moved) this.#saveWithin(cursorSaveMs)
      return
    }
    const before = this.#state
    const outcome = step(before, inputs, this.#options.timeline.moment(), this.#settings)
    this.#state = outcome.state
    this.#saveWithin(isUrgent(before, outcome) ? 0 : countsSaveMs)
    this.#wakeAt(outcome.wakeAt)
    this.#options.onStep(outcome, before)
  }

  /** Puts new settings in force and judges every condition anew. */
  adopt(settings: Settings): void {
    this.#settings = settings
    this.take([{ kind: 'settings' }])
  }

  /** Resolves when what has been taken so far is on disk, or its writing has failed. */
  async saved(): Promise<void> {
    if (this.#saveDue <= this.#options.clock.monotonic()) this.#saveNow()
    await this.#saving
  }

  /** Takes nothing any more and writes what is not written. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#wake?.()
    this.#saveTimer?.()
    await this.#saving
    this.#saveTimer?.() // a write that was under way may have set another
    await this.#write()
  }

  #wakeAt(at: number | undefined): void {
    this.#wake?.()
    if (at === undefined || this.#stopped) return
    const wait = Math.max(1, Math.ceil(at - this.#options.timeline.now()))
    this.#wake = this.#options.clock.after(Math.min(wait, 2 ** 31 - 1), () => {
      this.#wake = undefined
      this.take([{ kind: 'tick' }])
    })
  }

  #saveWithin(ms: number): void {
    const due = this.#options.clock.monotonic() + ms
    if (due >= this.#saveDue) return
    this.#saveDue = due
    this.#saveTimer?.()
    if (ms === 0) this.#saveNow()
    else this.#saveTimer = this.#options.clock.after(ms, () => this.#saveNow())
  }

  #saveNow(): void {
    if (this.#saving || this.#stopped) return // the running write looks again when it is done
    this.#saving = this.#write().finally(() => {
      this.#saving = undefined
      if (this.#saveDue <= this.#options.clock.monotonic()) this.#saveNow()
    })
  }

  async #write(): Promise<void> {
    const { timeline, log, save, onSaved } = this.#options
    this.#saveDue = Number.POSITIVE_INFINITY
    const bootId = this.#state.bootId
    const time = { bootId, base: timeline.base, now: timeline.now() }
    const outcome = await save(serialiseState({ time, cursors: this.#cursors, lifecycle: this.#state }))
    onSaved(outcome)
    if (outcome.written) {
      if (this.#failures > 0) log.info('state file is written again', { failures: this.#failures })
      this.#failures = 0
      return
    }
    if (this.#failures++ === 0) log.error('cannot write the state file; the old one stands', { error: outcome.trouble })
    this.#saveWithin(Math.min(longestRetryMs, retryMs * 2 ** (this.#failures - 1)))
  }
}

/** Whether losing the change would show: a restart would repeat or miss something, not merely count differently. */
function isUrgent(before: LifecycleState, { state, raised }: Outcome): boolean {
  return (
    raised.length > 0 ||
    state.entries.size !== before.entries.size ||
    [...state.notices.keys()].some((id) => !before.notices.has(id)) ||
    Object.entries(state.conditions).some(([type, one]) => {
      return one.status !== before.conditions[type as keyof typeof before.conditions].status // keys of a Record
    })
  )
}
