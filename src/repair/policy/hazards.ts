/**
 * Fields whose value turns a safeguard off: accepted, because a person may mean it, and said aloud. One table for the
 * policy's status and for the warning at admission, so that both say the same.
 */
import { formatDuration } from '../../catalog/duration.ts'
import { forbids } from '../../model/action.ts'
import { type Budget, limitsRepairs, type Policy, quantityText } from '../../model/policy.ts'

export interface Hazard {
  /** The field below `spec`, and `each` of its items' fields where it is a list of budgets. */
  readonly path: readonly string[]
  readonly each?: 'nodes'
  /** RE2 pattern of a value that turns the safeguard off; a list does so when each of its values matches. */
  readonly pattern: string
  /** The values of a policy, as a person would write them; none where a safe default holds. */
  readonly values: (policy: Policy) => readonly string[]
  /** What may happen, and what to write instead. */
  readonly why: string
}

const underOneMinute = '^([0-5]?[0-9]{1,4}ms|0*[0-5]?[0-9]s|0+[mhd])+$'
const noTime = '^(0+(ms|s|m|h|d))+$'
/** A zone of three is a third: above it a mistake in detection takes more than the loss of a zone. */
const overOneThird = '^(3[4-9]|[4-9][0-9]|100)%$'
const overOneHalf = '^(5[1-9]|[6-9][0-9]|100)%$'

export const hazards: readonly Hazard[] = [
  {
    path: ['toleration'],
    pattern: underOneMinute,
    values: ({ tolerationMs }) => (tolerationMs === undefined ? [] : [formatDuration(tolerationMs)]),
    why: 'a sickness that passes within seconds is acted on; write at least 1m',
  },
  {
    path: ['budgets'],
    each: 'nodes',
    pattern: overOneThird,
    values: ({ budgets }) => budgets.filter(isStanding).map(({ nodes }) => quantityText(nodes)),
    why: 'more than a third of the nodes it selects may be away at once; write one of at most 33%',
  },
  {
    path: ['drain', 'timeout'],
    pattern: underOneMinute,
    values: ({ drain }) => [formatDuration(drain.timeoutMs)],
    why: 'pods have no time to leave: the drain is aborted, or goes over them as onTimeout says; write at least 1m',
  },
  {
    path: ['breaker', 'share'],
    pattern: overOneHalf,
    values: ({ breaker }) => [quantityText(breaker.share)],
    why: 'repairs go on while most of a pool is sick, which is seldom a fault of single nodes; write at most 50%',
  },
  {
    path: ['breaker', 'rate'],
    pattern: overOneHalf,
    values: ({ breaker }) => [quantityText(breaker.rate)],
    why: 'repairs go on while most of a pool turns sick with one reason; write at most 50%',
  },
  {
    path: ['breaker', 'window'],
    pattern: noTime,
    values: ({ breaker }) => [formatDuration(breaker.windowMs)],
    why: 'breaker.rate counts nothing; write for example 5m',
  },
  {
    path: ['restraint', 'dwell'],
    pattern: noTime,
    values: ({ restraint }) => [formatDuration(restraint.dwellMs)],
    why: 'a replacement counts as proven before it was watched; write for example 5m',
  },
]

/** What `policy` turns off, one clause for each field; empty for a policy that does nothing. */
export function hazardsOf(policy: Policy): readonly string[] {
  if (forbids(policy.ladder)) return []
  return hazards.flatMap(({ path, each, pattern, values, why }) => {
    const written = values(policy)
    const unsafe = new RegExp(pattern) // our own, and linear
    if (written.length === 0 || !written.every((one) => unsafe.test(one))) return []
    return [`spec.${path.join('.')}${each === undefined ? '' : `[].${each}`} is ${written.join(', ')}: ${why}`]
  })
}

/** A budget that limits repairs now and then keeps no safeguard on. */
function isStanding(budget: Budget): boolean {
  return limitsRepairs(budget) && budget.window === undefined
}
