/**
 * Replace-first: the group grows by one within its maximum, and the sick machine ends when its replacement is in service, or
 * none came in time. The group's tag is the only memory, so that a controller that ends at any moment goes on. Pure.
 */
import type { Group } from './cloud.ts'

/** So long the sick machine waits for its replacement. A group that gets none now may get one when the machine is gone. */
export const growthWaitMs = 10 * 60_000
/** A growth that nobody ended by then belongs to a repair that was given up. */
export const abandonedMs = 30 * 60_000
/** The tag is written before the size: within this time the two may differ because a controller ended in between. */
export const betweenMs = 60_000

export type Growth =
  | { readonly do: 'grow'; readonly desired: number; readonly mark: string }
  | { readonly do: 'wait'; readonly why: string }
  /** End the machine; with `decrement` the group gets its former size back. */
  | { readonly do: 'end'; readonly decrement: boolean }

interface Mark {
  readonly instance: string
  readonly desired: number
  readonly since: number
}

/** What is next for `instance`, which is in service in the group. `now` is wall clock. */
export function nextGrowth(group: Group, instance: string, now: number): Growth {
  const mark = readMark(group.mark)
  return mark?.instance === instance ? going(group, mark, now) : beginning(group, instance, mark, now)
}

function beginning(group: Group, instance: string, other: Mark | undefined, now: number): Growth {
  const standing =
    other !== undefined &&
    group.instances.some(({ id, lifecycle }) => id === other.instance && lifecycle === 'InService')
  if (other && standing && now - other.since < abandonedMs) {
    return { do: 'wait', why: `${group.name} is larger by one for ${other.instance}, which goes first` }
  }
  // What was given up has left the group larger: that place is taken, not another one.
  const grown = standing && other !== undefined && group.desired >= other.desired
  const desired = grown ? group.desired : group.desired + 1
  if (desired > group.max) return { do: 'end', decrement: false }
  return { do: 'grow', desired, mark: `${instance} ${desired} ${new Date(now).toISOString()}` }
}

function going(group: Group, { desired, since }: Mark, now: number): Growth {
  if (group.desired < desired) {
    const sent = now - since >= betweenMs || desired > group.max
    return sent ? { do: 'end', decrement: false } : { do: 'grow', desired, mark: group.mark ?? '' }
  }
  const inService = group.instances.filter(({ lifecycle }) => lifecycle === 'InService').length
  if (inService >= desired || now - since >= growthWaitMs) return { do: 'end', decrement: true }
  return { do: 'wait', why: `${inService} of ${desired} instances of ${group.name} are in service` }
}

/** What is no mark of ours counts as none. */
function readMark(text = ''): Mark | undefined {
  const [, instance = '', desired = '', stamp = ''] = /^(i-[0-9a-f]+) (\d{1,6}) (\S+)$/.exec(text) ?? []
  const since = Date.parse(stamp)
  return instance === '' || Number.isNaN(since) ? undefined : { instance, desired: Number(desired), since }
}
