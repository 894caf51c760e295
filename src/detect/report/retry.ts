/** Computes the delay after a failed write. Pure. */
import { isKubeError } from '../../kube/errors.ts'
import type { Random } from '../../telemetry/clock.ts'

/** Delays while a change waits: a server that recovers within a minute is noticed within a second. */
const probeMs = [250, 1_000] as const
/**
 * A longer outage is asked about less often, because one second more is nothing after minutes: the longest delay is this
 * share of the outage so far, 2 s after two minutes, and at most {@link longestProbeMs}, which it reaches after five.
 */
const probeShare = 1 / 60
const longestProbeMs = 5_000
/** Delays while only a heartbeat waits, the server asks for a pause, or somebody must act first. */
const patientMs = [5_000, 60_000] as const
/** A kube-apiserver that has just started answers 403 to everybody until it has loaded its roles. */
const firstRefusalMs = 500

export interface Attempts {
  /** A change is waiting, not only a heartbeat. */
  readonly urgent: boolean
  /** Consecutive refusals, including this one. A try without any answer resets the count. */
  readonly refusals: number
  /** Consecutive failed tries of any kind, including this one. */
  readonly failures: number
  /** How long nothing has got through, milliseconds. */
  readonly outageMs: number
}

/** Milliseconds until the next try, with jitter over the whole range, so that a fleet does not return at once. */
export function retryAfter(error: unknown, { urgent, refusals, failures, outageMs }: Attempts, random: Random): number {
  const asked = isKubeError(error) ? (error.detail.retryAfterMs ?? 0) : 0
  if (urgent && isAbsent(error)) {
    const longest = Math.min(longestProbeMs, Math.max(probeMs[1], outageMs * probeShare))
    return Math.max(asked, between(longest * (probeMs[0] / probeMs[1]), longest, random))
  }
  const [first, count] = urgent ? [firstRefusalMs, refusals] : [patientMs[0], failures]
  const step = Math.min(patientMs[1], first * 2 ** Math.min(10, Math.max(0, count - 1)))
  return Math.max(asked * (1 + random() / 2), between(step / 2, step, random))
}

/** True when the server did not answer, or only something in between did; retrying then costs the server nothing. */
export function isAbsent(error: unknown): boolean {
  return isKubeError(error, 'NM_KUBE_NETWORK', 'NM_KUBE_TIMEOUT', 'NM_KUBE_UNAVAILABLE')
}

function between(low: number, high: number, random: Random): number {
  return low + (high - low) * random()
}
