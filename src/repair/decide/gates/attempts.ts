/** How often repairs were tried: the pause between attempts doubles, and after the last rung a person is needed. */
import { ladderText } from '../../../model/action.ts'
import { allow, at, type Gate, refuse, wait } from '../gate.ts'

/** Pause after the first failure; doubles with each further one. */
const firstPauseMs = 10 * 60_000

export const attempts: Gate = {
  name: 'attempts',
  ask({ candidate: { standing, policy }, now }) {
    const { tried, spent, action } = standing
    const last = tried.at(-1)
    if (last === undefined) return allow('no attempt on this node has failed lately')
    if (spent) {
      return refuse(
        `needs a human: ${tried.length} attempts did not help within 24 h (${ladderText(policy.ladder)})`,
        'repair it by hand, or delete its failed NodeRepair objects',
      )
    }
    const next = last + firstPauseMs * 2 ** (tried.length - 1)
    return now < next
      ? wait(
          `attempt ${tried.length} failed at ${at(last)}; next try (${action}) ${at(next)}`,
          'its failed NodeRepair is deleted: then it is tried at once',
          next,
        )
      : allow(`the pause after the last failure ended at ${at(next)}; next is ${action}`)
  },
}
