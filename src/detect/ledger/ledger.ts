/**
 * Runs the pure life cycle on a node: takes what monitors observed, steps the state, saves it, and passes changes to
 * the reporters. The cursor of a source and the effect of its lines are always saved together.
 */
import type { Cancel, Clock } from '../../telemetry/clock.ts'
import type { Log } from '../../telemetry/log.ts'
import type { ReplaceOutcome } from '../host/disk.ts'
import type { Weight } from '../lifecycle/draft.ts'
import { ownFinding } from '../lifecycle/own-finding.ts'
import type { Settings } from '../lifecycle/settings.ts'
import type { Level, LifecycleState, Moment } from '../lifecycle/state.ts'
import { type Input, type Stepped, step } from '../lifecycle/step.ts'
import { Saver, type Unsaved } from './saver.ts'
import { type Bases, type Cursors, serialiseState } from './state-file.ts'
import type { SteadyTime } from './steady-time.ts'

/** Delay before the state is saved: none for important changes, longer for grown counts, longest for moved cursors. */
const cursorSaveMs = 300_000
const saveWithin: Readonly<Record<Weight, number | undefined>> = { nothing: undefined, counts: 5_000, facts: 0 }

export interface LedgerOptions {
  readonly clock: Clock
  readonly time: SteadyTime
  readonly settings: Settings
  readonly log: Log
  readonly state: LifecycleState
  readonly cursors: Cursors
  /** What the monitors compare their next look with, at the time of the call. */
  readonly bases: () => Bases
  /** When the agent first ran, if that was in this boot. It is saved at once, so that a second start is never the first. */
  readonly firstStartAt?: number
  /** Saves the text durably. Called again only after it has returned, which it never does on a disk that hangs. */
  readonly save: (text: string) => Promise<ReplaceOutcome>
  readonly onStep: (stepped: Stepped, before: LifecycleState) => void
  readonly onSaved: (outcome: ReplaceOutcome) => void
}

export class Ledger {
  readonly #options: LedgerOptions
  #state: LifecycleState
  #settings: Settings
  #cursors: Record<string, number | string>
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
    if (options.firstStartAt !== undefined) this.#saver.within(0)
  }

  get state(): LifecycleState {
    return this.#state
  }

  get settings(): Settings {
    return this.#settings
  }

  /** The time by which findings have their stamps. */
  moment(): Moment {
    return this.#options.time.moment()
  }

  /** Milliseconds since the state on disk became outdated; 0 when the last write succeeded. */
  get unsavedMs(): number {
    return this.#saver.unsavedMs
  }

  /** Processes inputs in order; `cursors` are the positions of the sources after them. */
  take(inputs: readonly Input[], cursors: Cursors = {}): void {
    if (this.#stopped) return
    const moved = Object.entries(cursors).some(([source, position]) => this.#cursors[source] !== position)
    if (moved) Object.assign(this.#cursors, cursors)
    if (inputs.length === 0) {
      if (moved) this.#saver.within(cursorSaveMs)
      return
    }
    const before = this.#state
    const stepped = step(before, inputs, this.#options.time.moment(), this.#settings)
    this.#state = stepped.state
    const within = saveWithin[stepped.weight]
    if (within !== undefined) this.#saver.within(within)
    else if (moved) this.#saver.within(cursorSaveMs)
    this.#wakeAt(stepped.wakeAt)
    this.#options.onStep(stepped, before)
  }

  /** Applies new settings and judges every condition again. */
  adopt(settings: Settings): void {
    this.#settings = settings
    this.take([{ kind: 'settings' }])
  }

  /** Resolves when important changes are on disk or their write has failed; never while the disk hangs. */
  saved(): Promise<void> {
    return this.#saver.saved()
  }

  /** Rejects further input and saves what is unsaved if that takes at most `ms`. */
  async stop(ms: number): Promise<void> {
    this.#stopped = true
    this.#wake?.()
    await this.#saver.stop(ms)
  }

  #wakeAt(at: number | undefined): void {
    this.#wake?.()
    if (at === undefined || this.#stopped) return
    const wait = Math.max(1, Math.ceil(at - this.#options.time.now()))
    this.#wake = this.#options.clock.after(Math.min(wait, 2 ** 31 - 1), () => {
      this.#wake = undefined
      this.take([{ kind: 'tick' }])
    })
  }

  #text(): string {
    const { time, firstStartAt } = this.#options
    const stored = {
      bootId: this.#state.bootId,
      base: time.base,
      now: time.now(),
      ...(firstStartAt !== undefined && { firstStartAt }),
    }
    return serialiseState({
      time: stored,
      cursors: this.#cursors,
      bases: this.#options.bases(),
      lifecycle: this.#state,
    })
  }

  /** Reports unsaved state as a finding, because a full or hanging disk affects the node as well. */
  #overdue(why: Unsaved | undefined): void {
    const hung = why === 'no answer'
    const message = hung
      ? 'writing the agent’s state file does not return: the disk does not answer'
      : `the agent’s state file cannot be written: ${why?.message}`
    const code = hung ? 'write-hung' : 'write-failed'
    const levels: readonly Level[] =
      why === undefined
        ? []
        : [{ match: ownFinding(this.#settings, 'AgentStateNotSaved', { message, code }), state: 'over' }]
    this.take([{ kind: 'look', monitor: 'state file', levels }])
  }
}
