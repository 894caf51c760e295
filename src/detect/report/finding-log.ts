/** Writes findings to the log at a limited rate, so that a storm does not fill the node's disk. */
import type { Severity } from '../../model/finding.ts'
import type { Clock } from '../../telemetry/clock.ts'
import type { Log } from '../../telemetry/log.ts'
import type { Ended } from '../lifecycle/ending.ts'
import type { Finding } from '../lifecycle/state.ts'

/** Findings logged at once, and the interval for one more. */
const burst = 64
const refillMs = 1_000

export class FindingLog {
  readonly #log: Log
  /** Fatal findings have their own allowance, so that others do not delay them. */
  readonly #fatal: Allowance
  readonly #other: Allowance

  constructor(clock: Clock, log: Log) {
    this.#log = log
    this.#fatal = new Allowance(clock)
    this.#other = new Allowance(clock)
  }

  raised(finding: Finding, severity: Severity): void {
    this.#write('finding raised', finding, severity, {})
  }

  ended({ finding, why }: Ended, severity: Severity): void {
    this.#write('finding ended', finding, severity, { why })
  }

  #write(what: string, finding: Finding, severity: Severity, more: Readonly<Record<string, unknown>>): void {
    const { leader, trust, level, before, drill } = finding
    const allowance = severity === 'fatal' ? this.#fatal : this.#other
    const unwritten = allowance.take()
    if (unwritten === undefined) return
    this.#log.info(what, {
      monitor: level ?? (trust === 'service' ? 'services' : 'kernel'),
      conditionType: leader.condition,
      reason: leader.reason,
      severity,
      scope: leader.scope,
      ...(leader.device !== undefined && { device: leader.device }),
      message: leader.message,
      trust,
      ...(before && { before: 'the agent first ran' }),
      ...(drill && { drill: drill.id }),
      ...more,
      ...(unwritten > 0 && { notLoggedBefore: unwritten }),
    })
  }
}

class Allowance {
  readonly #clock: Clock
  #lines = burst
  #at: number
  #refused = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#at = clock.monotonic()
  }

  /**
   * Returns how many lines were suppressed since the last one allowed; undefined when this one is suppressed as well.
   */
  take(): number | undefined {
    const now = this.#clock.monotonic()
    this.#lines = Math.min(burst, this.#lines + (now - this.#at) / refillMs)
    this.#at = now
    if (this.#lines < 1) {
      this.#refused++
      return undefined
    }
    this.#lines--
    const refused = this.#refused
    this.#refused = 0
    return refused
  }
}
