/** How long to wait after a write that failed. Pure. */
import { isKubeError } from '../../kube/errors.ts'
import type { Random } from '../../telemetry/clock.ts'

/** A change waits: a server that comes back is found within two seconds, at the price of a refused connection now and then. */
const probeMs = [500, 2_000] as const
/** Only a heartbeat waits, or the server asked for rest, or trying does not help before somebody acts. */
const patientMs = [5_000, 60_000] as const

export interface Attempts {
  /** A change is waiting, not only a heartbeat. */
  readonly urgent: boolean
  /** Failures in a row, this one included. */
  readonly failures: number
}

/** Milliseconds until the next try, with jitter over the whole range so that a fleet comes back spread out. */
export function retryAfter(error: unknown, { urgent, failures }: Attempts, random: Random): number {
  const asked = isKubeError(error) ? (error.detail.retryAfterMs ?? 0) : 0
  if (urgent && isAbsent(error)) return Math.max(asked, between(probeMs[0], probeMs[1], random))
  const step = Math.min(patientMs[1], patientMs[0] * 2 ** Math.min(10, failures - 1))
  return Math.max(asked * (1 + random() / 2), between(step / 2, step, random))
}

/** Nobody answered, or only the way there did: asking again costs the server nothing. */
function isAbsent(error: unknown): boolean {
  return isKubeError(error, 'NM_KUBE_NETWORK', 'NM_KUBE_TIMEOUT', 'NM_KUBE_UNAVAILABLE')
}

function between(low: number, high: number, random: Random): number {
  return low + (high - low) * random()
}
