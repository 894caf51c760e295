/** Which rule matched, and whether it asks for an action. */
import { forbids } from '../../../model/action.ts'
import type { Candidate } from '../candidate.ts'
import { allow, type Gate, refuse } from '../gate.ts'

export const matching: Gate = {
  name: 'match',
  ask({ candidate }) {
    const { policy, standing, condition } = candidate
    const rule = `policy ${policy.name} matches ${condition.type}=${condition.status} (${condition.reason})`
    const others = othersText(candidate)
    if (forbids(policy.ladder)) {
      return refuse(`${rule} and says NoAction${others}`, `another ladder in policy ${policy.name}`)
    }
    return allow(`${rule}, action ${standing.action}${others}`)
  },
}

/** Most policies that are named: the record has a limit. */
const mostNamed = 5

/** The policies that match the same condition and do not count, and why. */
function othersText({ policy, overruled }: Candidate): string {
  if (overruled.length === 0) return ''
  const names = overruled.slice(0, mostNamed).map((one) => `${one.name} (${one.mode})`)
  const more = overruled.length > mostNamed ? ` and ${overruled.length - mostNamed} more` : ''
  const why = overruled.some((one) => one.precedence !== policy.precedence)
    ? `${policy.name} (${policy.mode}) has precedence ${policy.precedence ?? 0}`
    : overruled.some((one) => one.mode !== policy.mode)
      ? `${policy.name} (${policy.mode}) is the most careful`
      : `${policy.name} comes first among equals`
  return `; ${names.join(', ')}${more} would match, too, but ${why}`
}
