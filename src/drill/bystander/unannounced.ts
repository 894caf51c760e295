/**
 * A line that somebody wrote into a kernel log without a mark, such as the commands of an operator's guide: judged as a
 * drill that enforces, because the agent takes it for real. Pure.
 */
import { conditionTypes } from '../../model/condition.ts'
import type { Drill } from '../plan/drill.ts'
import type { Subject } from '../plan/subjects.ts'
import { type DrillFacts, newFacts, type SeenEvent, seeBegun, seeEvent, seeInjected } from '../watch/facts.ts'

/** Who injected it: nobody of ours. */
export const byHand = 'by hand'

const text = /^([A-Z][A-Za-z0-9]{2,63}): .*\(written from user space: an unannounced drill\)/s
/** A line of before the agent's first start condemns nothing, and is nobody's drill of now. */
const before = 'before this agent first ran'

/** The reason of an Event that tells of such a line; undefined for every other Event. */
export function unannouncedReason({ message }: Pick<SeenEvent, 'message'>): string | undefined {
  return message.includes(before) ? undefined : text.exec(message)?.[1]
}

/** The drill that an Event about `node` tells of. `subjectOf` answers what the catalogue says of a reason. */
export function unannouncedDrill(
  node: string,
  event: SeenEvent,
  number: number,
  subjectOf: (reason: string) => Subject | undefined,
  at: number,
): DrillFacts | undefined {
  const reason = unannouncedReason(event)
  const condition = conditionTypes.find((type) => type === event.reason)
  if (reason === undefined || condition === undefined) return undefined
  const { line: _line, ...known } = subjectOf(reason) ?? {
    entry: reason,
    reason,
    summary: '',
    condition,
    severity: event.type === 'Normal' ? ('info' as const) : ('warning' as const),
    scope: 'hardware' as const,
    times: 1,
  }
  const subject = { ...known, reason, injection: byHand }
  const drill: Drill = { id: `u${number}`, node, mode: 'Enforce', forMs: 0, subject }
  const begun = seeBegun(newFacts(drill), Math.min(at, event.lastAt))
  return seeInjected(seeEvent(begun, event, at), at)
}
