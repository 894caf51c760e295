/** How long to wait after a write that failed. Pure. */
import { isKubeError } from '../../kube/errors.ts'
import type { Random } from '../../telemetry/clock.ts'

/** A change waits: a server that comes back within a minute is found within a second. */
const probeMs = [250, 1_000] as const
/**
 * A longer outage is asked about more seldom, because nobody who has waited for minutes sees a second more: the longest wait
 * is this part of the outage so far, 2 s after two minutes, and never above {@link longestProbeMs}, which it reaches after five.
 */
const probeShare = 1 / 60
const longestProbeMs = 5_000
/** Only a heartbeat waits, or the server asked for rest, or trying does not help before somebody acts. */
const patientMs = [5_000, 60_000] as const
/** A kube-apiserver that has just started refuses everybody (403) for a moment, until it has read its own roles. */
const firstRefusalMs = 500

export interface Attempts {
  /** A change is waiting, not only a heartbeat. */
  readonly urgent: boolean
  /** Answers in a row that were refusals, this one included; an exchange without an answer starts the count anew. */
  readonly refusals: number
  /** Tries in a row that failed for whatever reason, this one included. */
  readonly failures: number
  /** How long nothing has got through, milliseconds. */
  readonly outageMs: number
}

/** Milliseconds until the next try, with jitter over the whole range so that a fleet comes back spread out. */
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

/** Nobody answered, or only the way there did: asking again costs the server nothing. */
export function isAbsent(error: unknown): boolean {
  return isKubeError(error, 'NM_KUBE_NETWORK', 'NM_KUBE_TIMEOUT', 'NM_KUBE_UNAVAILABLE')
}

function between(low: number, high: number, random: Random): number {
  return low + (high - low) * random()
}
