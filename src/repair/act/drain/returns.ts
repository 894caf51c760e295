/**
 * Pods whose owner starts them on the node again after their eviction: pinned by `spec.nodeName`, or tolerating our taint.
 * Memory only; after a restart the time of our taint says who came later.
 */
import type { Clock } from '../../../telemetry/clock.ts'
import type { DrainPod } from './pod.ts'

/** Back-off before a pod that came back is evicted again: doubles from the first to the longest. */
export const firstReturnMs = 15_000
export const longestReturnMs = 300_000

interface Entry {
  /** The owner's pods on the node when the first of them was evicted: any other one came later. */
  readonly before: ReadonlySet<string>
  readonly pauseMs: number
  readonly nextAt: number
}

export class Returns {
  readonly #clock: Clock
  readonly #owners = new Map<string, Entry>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** True when `pod` took the place of one that was evicted, or is younger than `taintSettledAt`. */
  isBack({ uid, ownerUid, createdAt }: DrainPod, taintSettledAt: number): boolean {
    if (ownerUid === undefined) return false
    const entry = this.#owners.get(ownerUid)
    if (entry !== undefined) return !entry.before.has(uid)
    return createdAt !== undefined && createdAt > taintSettledAt
  }

  /** True when a pod that came back may be evicted once more. */
  isDue({ ownerUid = '' }: DrainPod): boolean {
    return this.#clock.monotonic() >= (this.#owners.get(ownerUid)?.nextAt ?? Number.NEGATIVE_INFINITY)
  }

  /** An eviction was accepted; `listed` are the pods on the node at that time, `back` says that it had come back. */
  evicted({ ownerUid }: DrainPod, listed: readonly DrainPod[], back: boolean): void {
    if (ownerUid === undefined) return
    const known = this.#owners.get(ownerUid)
    if (known && !back) return
    const pauseMs = known && back ? Math.min(known.pauseMs * 2, longestReturnMs) : firstReturnMs
    const uids = listed.filter((one) => one.ownerUid === ownerUid).map((one) => one.uid)
    const before = known?.before ?? new Set(back ? [] : uids)
    this.#owners.set(ownerUid, { before, pauseMs, nextAt: this.#clock.monotonic() + pauseMs })
  }
}
