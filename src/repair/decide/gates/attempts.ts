/** How often repairs were tried: the pause between attempts doubles, and after the last rung a person is needed. */
import { ladderText } from '../../../model/action.ts'
import { type Attempt, phaseSince } from '../../../model/repair.ts'
import { allow, at, type Gate, refuse, wait } from '../gate.ts'

/** Pause after the first failure or cancelled drain; doubles with each further one. */
const firstPauseMs = 10 * 60_000

export const attempts: Gate = {
  name: 'attempts',
  ask({ candidate: { standing, policy }, now }) {
    const { tried, spent, action } = standing
    const last = tried.at(-1)
    if (last === undefined) return allow('no attempt on this node has failed lately')
    if (spent) {
      const used = tried.filter((one) => one.phase !== 'Cancelled')
      return refuse(
        `needs a human: ${used.length} attempts did not help within 24 h (${ladderText(policy.ladder)})`,
        `repair it by hand, or forgive what failed: ${forgive(used)}`,
      )
    }
    const next = phaseSince(last) + firstPauseMs * 2 ** (tried.length - 1)
    return now < next
      ? wait(
          `${endText(last, tried.length)} at ${at(phaseSince(last))}; next try (${action}) ${at(next)}`,
          `to try at once: ${forgive(tried)}`,
          next,
        )
      : allow(`the pause after the last attempt ended at ${at(next)}; next is ${action}`)
  },
}

function endText({ phase, plan }: Attempt, number: number): string {
  switch (phase) {
    case 'Cancelled':
      return `attempt ${number} was cancelled in its drain`
    case 'Succeeded':
      return `attempt ${number} was proven, but ${plan?.condition ?? 'the fault'} came back; it ended`
    default:
      return `attempt ${number} failed`
  }
}

/** What a person does so that `records` count no more. */
export function forgive(records: readonly Attempt[]): string {
  return `kubectl annotate noderepair ${records.map((one) => one.name).join(' ')} nodemend.dev/forgiven=YOU`
}
