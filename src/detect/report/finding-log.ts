/** Writes findings to the log, boundedly: a storm must not fill the node's disk with our own words. */
import type { Severity } from '../../model/finding.ts'
import type { Clock } from '../../telemetry/clock.ts'
import type { Log } from '../../telemetry/log.ts'
import type { Finding } from '../lifecycle/state.ts'

/** Findings in one go, and how long until one more may be written. */
const burst = 64
const refillMs = 1_000

export class FindingLog {
  readonly #clock: Clock
  readonly #log: Log
  #tokens = burst
  #tokensAt: number
  #unwritten = 0

  constructor(clock: Clock, log: Log) {
    this.#clock = clock
    this.#log = log
    this.#tokensAt = clock.monotonic()
  }

  raised(finding: Finding, severity: Severity): void {
    const now = this.#clock.monotonic()
    this.#tokens = Math.min(burst, this.#tokens + (now - this.#tokensAt) / refillMs)
    this.#tokensAt = now
    if (this.#tokens < 1) {
      this.#unwritten++
      return
    }
    this.#tokens--
    const { leader, origin } = finding
    this.#log.info('finding raised', {
      monitor: leader.rule.endsWith('/agent') ? 'agent' : 'kernel', // what the agent finds about itself is named so
      conditionType: leader.condition,
      reason: leader.reason,
      severity,
      scope: leader.scope,
      ...(leader.device !== undefined && { device: leader.device }),
      message: leader.message,
      origin,
      ...(this.#unwritten > 0 && { notLoggedBefore: this.#unwritten }),
    })
    this.#unwritten = 0
  }
}
