/** Computes the delay after a failed write. Pure. */
import { isKubeError } from '../../kube/errors.ts'
import type { Random } from '../../telemetry/clock.ts'

/**
 * Delays while a change waits: a recovered server is noticed within a second, at the cost of occasional refused
 * connections.
 */
const probeMs = [250, 1_000] as const
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
}

/** Milliseconds until the next try, with jitter over the whole range, so that a fleet does not return at once. */
export function retryAfter(error: unknown, { urgent, refusals, failures }: Attempts, random: Random): number {
  const asked = isKubeError(error) ? (error.detail.retryAfterMs ?? 0) : 0
  if (urgent && isAbsent(error)) return Math.max(asked, between(probeMs[0], probeMs[1], random))
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
