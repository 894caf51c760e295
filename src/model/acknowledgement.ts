/** What a person has acknowledged on a node: the finding is told and shown, and does not condemn the node for a while. */

/** The annotation of a Node that holds them, as JSON: the command writes it, the agent and the other commands read it. */
export const acknowledgedKey = 'nodemend.dev/acknowledged'

/** Most of them on one node. */
export const mostAcknowledgements = 64

export interface Acknowledgement {
  /** As conditions and Events carry it. */
  readonly reason: string
  /** Absent: on every device. */
  readonly device?: string
  /** Wall-clock milliseconds. */
  readonly until: number
  readonly why: string
  /** Who says so, as far as the command knew; absent where somebody wrote the annotation by hand. */
  readonly by?: string
}

/** How the annotation writes it: the time in RFC 3339. */
type Written = Omit<Acknowledgement, 'until'> & { readonly until: string }

export function writeAcknowledgements(all: readonly Acknowledgement[]): string {
  return JSON.stringify(all.map((one): Written => ({ ...one, until: new Date(one.until).toISOString() })))
}

/** Those in the annotation's text, or what is wrong with it: anybody may have written it. */
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
  const { reason, device, until, why, by } = entry as Partial<Record<keyof Acknowledgement, unknown>> // each field is checked here
  const time = typeof until === 'string' ? Date.parse(until) : Number.NaN
  if (typeof reason !== 'string' || typeof why !== 'string' || Number.isNaN(time)) return undefined
  return {
    reason,
    until: time,
    why: why.slice(0, 256),
    ...(typeof device === 'string' && { device: device.toLowerCase() }),
    ...(typeof by === 'string' && { by: by.slice(0, 64) }),
  }
}

/** The one that covers a finding, the longest first; undefined when none does, or all have ended. */
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
