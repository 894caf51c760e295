/** Which rule drives which node: matching, first sightings, and the one rule that counts. */

import { actions, furthest, type Intervention } from '../../model/action.ts'
import type { FirstSighting } from '../../model/decision.ts'
import { type ClusterSnapshot, type NodeView, type SeenCondition, selects } from '../../model/node.ts'
import { defaultTolerationMs, modes, type Policy, type PolicyMatch } from '../../model/policy.ts'
import type { Attempt } from '../../model/repair.ts'
import { leftOf } from './flapping.ts'
import { type History, type Standing, standingOf } from './ladder.ts'
import { usableRungs } from './rungs.ts'
import { keptSightings, sightingOf } from './sightings.ts'

/** A sick node with the rule that drives it. */
export interface Candidate {
  readonly node: NodeView
  /** Its open record, unless this is the first sighting. */
  readonly record?: Attempt
  readonly policy: Policy
  /** The rung of the policy's ladder on which the node is. */
  readonly standing: Standing
  readonly condition: SeenCondition
  /** Other policies that match the same condition, and do not count. */
  readonly overruled: readonly Policy[]
  /** First sighting, as {@link FirstSighting.since}. */
  readonly since: number
  /** How long it was sick in the spells before that count, milliseconds: `flapping.ts`. */
  readonly spentMs: number
  readonly eligibleAt: number
  /** Every rule that matches now, so that no other condition's clock is lost. */
  readonly sightings: readonly FirstSighting[]
}

interface Matched {
  readonly policy: Policy
  readonly match: PolicyMatch
  readonly condition: SeenCondition
}

/** The candidate for `node`, or undefined when no rule matches it. `record` is its open Pending record, `spells` are those that healthy reports have ended. */
export function candidateFor(
  node: NodeView,
  policies: readonly Policy[],
  record: Attempt | undefined,
  spells: readonly Attempt[],
  history: History,
  snapshot: ClusterSnapshot,
  now: number,
): Candidate | undefined {
  const rules = matchingRules(node, policies).map((matched) => {
    const sighting = sightingOf(matched, record, snapshot, now)
    const { since } = sighting
    const { leftMs, spentMs } = leftOf(tolerationOf(matched.policy, matched.condition.type), sighting, spells)
    return { ...matched, sighting, since, spentMs, eligibleAt: since + leftMs }
  })
  const careful = [...Map.groupBy(rules, ({ condition }) => condition.type).values()].flatMap(mostCareful)
  const driver = careful.sort((a, b) => compareRules(a, b, now))[0]
  if (!driver) return undefined
  const overruled = rules.filter((one) => one.condition === driver.condition && one.policy !== driver.policy)
  return {
    node,
    ...(record && { record }),
    policy: driver.policy,
    standing: standingOf(
      { ladder: usableRungs(driver.policy.ladder, node, driver.condition.reason, snapshot) },
      node,
      driver.condition.type,
      history,
      now,
    ),
    condition: driver.condition,
    overruled: overruled.map(({ policy }) => policy),
    since: driver.since,
    spentMs: driver.spentMs,
    eligibleAt: driver.eligibleAt,
    sightings: [
      ...rules.map((one) => one.sighting),
      ...keptSightings(
        node,
        policies,
        record,
        rules.map((one) => one.sighting),
      ),
    ].sort((a, b) => compareText(a.policy, b.policy) || compareText(a.condition, b.condition)),
  }
}

/** Of all policies the one whose rule counts for the condition of `node` as it stands; undefined where none matches. */
export function policyThatCounts(node: NodeView, policies: readonly Policy[], condition: string): Policy | undefined {
  return mostCareful(matchingRules(node, policies).filter((one) => one.condition.type === condition))[0]?.policy
}

/** The provider that carries `action` out on a node: the one that the policy names, or the first one that can. */
export function providerFor({ pools }: NodeView, { provider }: Policy, action: Intervention): string | undefined {
  return pools.find((one) => (provider === 'auto' || one.provider === provider) && one.can.includes(action))?.provider
}

/** How long the policy puts up with the condition. */
function tolerationOf(policy: Policy, condition: string): number {
  return policy.tolerationMs ?? defaultTolerationMs(condition)
}

/**
 * Every rule that matches, once per policy and condition. Rules that name the reason silence the fallbacks of the condition, but not
 * those of a more careful policy.
 */
function matchingRules(node: NodeView, policies: readonly Policy[]): readonly Matched[] {
  // Most nodes are healthy: they need no selector asked, which would cost half of a pass over a large cluster.
  const sick = node.conditions.filter((condition) =>
    policies.some(({ match }) => match.some((one) => fits(one, condition))),
  )
  if (sick.length === 0) return []
  const ours = policies.filter((policy) => selects(policy.nodeSelector, node.labels))
  return sick.flatMap((condition) => {
    const matched = ours.flatMap((policy) => {
      const fitting = policy.match.filter((match) => fits(match, condition))
      const match = fitting.find((one) => one.reason) ?? fitting[0]
      return match ? [{ policy, match, condition }] : []
    })
    const specific = mostCareful(matched.filter(({ match }) => match.reason))
    const [named] = specific
    if (named === undefined) return matched
    return matched.filter((one) => one.match.reason !== undefined || isMoreCareful(one.policy, named.policy))
  })
}

/** True when `match` is about the condition as it stands. */
export function fits(match: PolicyMatch, condition: SeenCondition): boolean {
  if (match.condition !== condition.type || match.status !== condition.status) return false
  return match.reason?.test(condition.reason) ?? true
}

type Timed = Matched & { readonly eligibleAt: number }

/** Those rules of one condition with the highest precedence, and among them the most careful: Observe, then Approve, then Enforce. */
function mostCareful<Rule extends Matched>(rules: readonly Rule[]): readonly Rule[] {
  const highest = Math.max(...rules.map(({ policy }) => policy.precedence ?? 0))
  const foremost = rules.filter(({ policy }) => (policy.precedence ?? 0) === highest)
  const first = Math.min(...foremost.map(({ policy }) => modes.indexOf(policy.mode)))
  return foremost.filter(({ policy }) => modes.indexOf(policy.mode) === first)
}

/** True when `a` comes before `b` whatever the reason says. */
function isMoreCareful(a: Policy, b: Policy): boolean {
  const rank = ({ precedence = 0 }: Policy): number => precedence
  return rank(a) > rank(b) || (rank(a) === rank(b) && modes.indexOf(a.mode) < modes.indexOf(b.mode))
}

/** The ladder that goes furthest first; then what is due, the strictest mode first; then the earliest; then names. */
function compareRules(a: Timed, b: Timed, now: number): number {
  const due = (rule: Timed): number => (rule.eligibleAt <= now ? 1 : 0)
  const mode = (rule: Timed): number => (due(rule) ? modes.indexOf(rule.policy.mode) : 0)
  return (
    actions.indexOf(furthest(b.policy.ladder)) - actions.indexOf(furthest(a.policy.ladder)) ||
    due(b) - due(a) ||
    mode(b) - mode(a) ||
    a.eligibleAt - b.eligibleAt ||
    compareText(a.policy.name, b.policy.name) ||
    compareText(a.condition.type, b.condition.type)
  )
}

/** Code-unit order: the same on every machine, whatever its locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
