/** How long to wait after a write that failed. Pure. */
import { isKubeError } from '../../kube/errors.ts'
import type { Random } from '../../telemetry/clock.ts'

/** A change waits: a server that comes back is found within a second, at the price of a refused connection now and then. */
const probeMs = [250, 1_000] as const
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
}

/** Milliseconds until the next try, with jitter over the whole range so that a fleet comes back spread out. */
export function retryAfter(error: unknown, { urgent, refusals, failures }: Attempts, random: Random): number {
  const asked = isKubeError(error) ? (error.detail.retryAfterMs ?? 0) : 0
  if (urgent && isAbsent(error)) return Math.max(asked, between(probeMs[0], probeMs[1], random))
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
