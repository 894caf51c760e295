/**
 * A person's acknowledgement of a finding on a node: the finding is still reported, but does not condemn the node for a
 * limited time.
 */

/** The Node annotation that holds them as JSON. The command writes it; the agent and the other commands read it. */
export const acknowledgedKey = 'nodemend.dev/acknowledged'

/** Most acknowledgements on one node. */
export const mostAcknowledgements = 64

export interface Acknowledgement {
  /** As in conditions and Events. */
  readonly reason: string
  /** Absent: all devices. */
  readonly device?: string
  /** Wall-clock milliseconds. */
  readonly until: number
  readonly why: string
}

/** Its form in the annotation: the time in RFC 3339. */
type Written = Omit<Acknowledgement, 'until'> & { readonly until: string }

export function writeAcknowledgements(all: readonly Acknowledgement[]): string {
  return JSON.stringify(all.map((one): Written => ({ ...one, until: new Date(one.until).toISOString() })))
}

/** Parses the annotation's text, which anybody may have written. Returns the acknowledgements or what is wrong. */
export function readAcknowledgements(text: string): readonly Acknowledgement[] | { readonly trouble: string } {
  let list: unknown
  try {
    list = JSON.parse(text)
  } catch {
    return { trouble: 'it is no JSON' }
  }
  if (!Array.isArray(list)) return { trouble: 'it is no list' }
  const read = list.slice(0, mostAcknowledgements).map(readOne)
  const wrong = read.indexOf(undefined)
  if (wrong >= 0) return { trouble: `entry ${wrong + 1} has no reason, no why, or an until that is no time` }
  return read.filter((one) => one !== undefined)
}

function readOne(entry: unknown): Acknowledgement | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined
  const { reason, device, until, why } = entry as Partial<Record<keyof Acknowledgement, unknown>> // checked below
  const time = typeof until === 'string' ? Date.parse(until) : Number.NaN
  if (typeof reason !== 'string' || typeof why !== 'string' || Number.isNaN(time)) return undefined
  return {
    reason,
    until: time,
    why: why.slice(0, 256),
    ...(typeof device === 'string' && { device: device.toLowerCase() }),
  }
}

/**
 * The acknowledgement that covers a finding, the one with the latest end first; undefined when none does or all have
 * ended.
 */
export function acknowledgementOf(
  all: readonly Acknowledgement[],
  { reason, device }: { readonly reason: string; readonly device?: string },
  now: number,
): Acknowledgement | undefined {
  const fitting = all.filter(
    (one) => one.reason === reason && (one.device === undefined || one.device === device) && one.until > now,
  )
  return fitting.sort((a, b) => b.until - a.until)[0]
}
