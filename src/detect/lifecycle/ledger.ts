/**
 * Where the pure life cycle lives on a node: takes what monitors saw, steps the state, keeps it on disk, and tells the
 * reporters. The cursor of a source and the effect of its lines are always written together.
 */
import type { Cancel, Clock } from '../../telemetry/clock.ts'
import type { Log } from '../../telemetry/log.ts'
import type { ReplaceOutcome } from '../host/disk.ts'
import { judgeUnsaved } from './judge.ts'
import { Saver, type Unsaved } from './saver.ts'
import type { Settings } from './settings.ts'
import type { LifecycleState } from './state.ts'
import { type Cursors, serialiseState } from './state-file.ts'
import { type Input, type Outcome, step } from './step.ts'
import type { Timeline } from './timeline.ts'

/** A change that matters is written at once; growing counts wait, moved cursors wait longer. */
const countsSaveMs = 5_000
const cursorSaveMs = 300_000

export interface LedgerOptions {
  readonly clock: Clock
  readonly timeline: Timeline
  readonly settings: Settings
  readonly log: Log
  readonly state: LifecycleState
  readonly cursors: Cursors
  /** Keeps the text durably; called again only when it has returned, which a disk that hangs may never do. */
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
  readonly #saver: Saver
  #stopped = false

  constructor(options: LedgerOptions) {
    this.#options = options
    this.#state = options.state
    this.#settings = options.settings
    this.#cursors = { ...options.cursors }
    const { clock, log, save, onSaved } = options
    const text = (): string => this.#text()
    this.#saver = new Saver({ clock, log, text, save, onSaved, onOverdue: (why) => this.#overdue(why) })
  }

  get state(): LifecycleState {
    return this.#state
  }

  get settings(): Settings {
    return this.#settings
  }

  /** Milliseconds for which the state has not been kept on disk; 0 when the last write succeeded. */
  get unsavedMs(): number {
    return this.#saver.unsavedMs
  }

  /** Takes what came in, in order; `cursors` say how far the sources are read with it. */
  take(inputs: readonly Input[], cursors: Cursors = {}): void {
    if (this.#stopped) return
    const moved = Object.entries(cursors).some(([source, position]) => this.#cursors[source] !== position)
    if (moved) Object.assign(this.#cursors, cursors)
    if (inputs.length === 0) {
      if (moved) this.#saver.within(cursorSaveMs)
      return
    }
    const before = this.#state
    const outcome = step(before, inputs, this.#options.timeline.moment(), this.#settings)
    this.#state = outcome.state
    this.#saver.within(isUrgent(before, outcome) ? 0 : countsSaveMs)
    this.#wakeAt(outcome.wakeAt)
    this.#options.onStep(outcome, before)
  }

  /** Puts new settings in force and judges every condition anew. */
  adopt(settings: Settings): void {
    this.#settings = settings
    this.take([{ kind: 'settings' }])
  }

  /** Resolves when the changes that matter are on disk, or their writing has failed; never, while the disk hangs. */
  saved(): Promise<void> {
    return this.#saver.saved()
  }

  /** Takes nothing any more and writes what is not written, if that can be done within `ms`. */
  async stop(ms: number): Promise<void> {
    this.#stopped = true
    this.#wake?.()
    await this.#saver.stop(ms)
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

  #text(): string {
    const { timeline } = this.#options
    const time = { bootId: this.#state.bootId, base: timeline.base, now: timeline.now() }
    return serialiseState({ time, cursors: this.#cursors, lifecycle: this.#state })
  }

  /** A finding of our own: its number is its time, so that it never has the name of a log line's finding. */
  #overdue(why: Unsaved | undefined): void {
    const at = Math.floor(this.#options.timeline.now())
    const match = why === undefined ? { ...judgeUnsaved('no answer'), recovery: true } : judgeUnsaved(why)
    this.take([{ kind: 'seen', sighting: { match, at, sequence: at, origin: 'kernel' } }])
  }
}

/** Whether losing the change would show: a restart would repeat or miss something, not merely count differently. */
function isUrgent(before: LifecycleState, { state, raised }: Outcome): boolean {
  return (
    raised.length > 0 ||
    state.findings.size !== before.findings.size ||
    [...state.notices.keys()].some((id) => !before.notices.has(id)) ||
    Object.entries(state.conditions).some(([type, one]) => {
      return one.status !== before.conditions[type as keyof typeof before.conditions].status // keys of a Record
    })
  )
}
