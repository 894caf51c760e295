/** Injects by writing into a kernel log of this machine: for the embedded cluster, and for a node without one. */
import type { Clock } from '../../telemetry/clock.ts'
import { type InjectionLog, inject } from '../inject.ts'
import { type Drill, endLineOf, linesOf } from '../plan/drill.ts'
import { InjectError, type Injector } from './injector.ts'

export class LogInjector implements Injector {
  readonly #log: InjectionLog
  readonly #clock: Clock
  #sequence = 0

  constructor(log: InjectionLog, clock: Clock) {
    this.#log = log
    this.#clock = clock
  }

  async inject(drills: readonly Drill[]): Promise<void> {
    const other = drills.find(({ subject }) => subject.line === undefined)
    if (other)
      throw new InjectError(`injection ${other.subject.injection} needs a node of a cluster: leave --embedded out`)
    this.#write(drills.flatMap(linesOf))
  }

  async remove(drills: readonly Drill[]): Promise<void> {
    this.#write(drills.flatMap((one) => endLineOf(one) ?? []))
  }

  #write(lines: readonly string[]): void {
    for (const line of lines) inject(this.#log, line, ++this.#sequence, Math.round(this.#clock.monotonic() * 1000))
  }
}
