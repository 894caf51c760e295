/** How often has it been tried? Failures space out and then stop: a repair that does not help is a person's case. */
import { type Attempt, phaseSince } from '../../../model/repair.ts'
import { allow, at, type Gate, refuse, wait } from '../gate.ts'

/** Pause after the first failure; doubles with each further one. */
const firstPauseMs = 10 * 60_000
/** This many failures of one node within the window stop the attempts. */
const mostFailures = 3
const windowMs = 24 * 3_600_000

export const attempts: Gate = {
  name: 'attempts',
  ask({ candidate: { node }, records, now }) {
    const failed = records
      .filter((one) => one.nodeUid === node.uid && one.phase === 'Failed' && now - endedAt(one) < windowMs)
      .map(endedAt)
      .sort((a, b) => a - b)
    const last = failed.at(-1)
    if (last === undefined) return allow('no attempt on this node has failed lately')
    if (failed.length >= mostFailures) {
      return refuse(
        `needs a human: ${failed.length} attempts failed within 24 h`,
        'repair it by hand, or delete its failed NodeRepair objects',
      )
    }
    const next = last + firstPauseMs * 2 ** (failed.length - 1)
    return now < next
      ? wait(
          `attempt ${failed.length} failed at ${at(last)}; the next one not before ${at(next)}`,
          'the pause passes',
          next,
        )
      : allow(`the pause after the last failure ended at ${at(next)}`)
  },
}

function endedAt(attempt: Attempt): number {
  return phaseSince(attempt)
}
