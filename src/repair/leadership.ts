/** The lease as decisions see it: on the wall clock, with the fencing token. */
import type { LeaseHold } from '../kube/lease.ts'
import type { Leadership } from '../model/node.ts'
import type { Clock } from '../telemetry/clock.ts'

export class LeadershipView {
  readonly #clock: Clock
  readonly #identity: string
  #hold: LeaseHold | undefined
  #fencingToken = 0
  #ledBefore = false

  constructor(clock: Clock, identity: string) {
    this.#clock = clock
    this.#identity = identity
  }

  /** Takes the lease; true when we had led before and lost it: in between, nobody we know of was watching. */
  won(hold: LeaseHold, fencingToken: number): boolean {
    const again = this.#ledBefore
    this.#hold = hold
    this.#fencingToken = fencingToken
    this.#ledBefore = true
    return again
  }

  lost(): void {
    this.#hold = undefined
  }

  /** Asked anew before each act: a lease runs out by itself. */
  get now(): Leadership {
    const left = (this.#hold?.isLeaderUntil() ?? Number.NEGATIVE_INFINITY) - this.#clock.monotonic()
    const leading = left > 0
    return {
      leading,
      until: leading ? this.#clock.now() + left : 0,
      fencingToken: this.#fencingToken,
      identity: this.#identity,
    }
  }
}
