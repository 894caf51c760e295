/** Which rule drives which node: matching, first sightings, and the one rule that counts. */

import { actions, furthest, type Intervention } from '../../model/action.ts'
import type { FirstSighting } from '../../model/decision.ts'
import { type ClusterSnapshot, type NodeView, type SeenCondition, selects } from '../../model/node.ts'
import { defaultTolerationMs, modes, type Policy, type PolicyMatch } from '../../model/policy.ts'
import type { Attempt } from '../../model/repair.ts'
import { type History, type Standing, standingOf } from './ladder.ts'
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
  /** First sighting, as {@link FirstSighting.since}. */
  readonly since: number
  readonly eligibleAt: number
  /** Every rule that matches now, so that no other condition's clock is lost. */
  readonly sightings: readonly FirstSighting[]
}

interface Matched {
  readonly policy: Policy
  readonly match: PolicyMatch
  readonly condition: SeenCondition
}

/** The candidate for `node`, or undefined when no rule matches it. `record` is its open Pending record, if any. */
export function candidateFor(
  node: NodeView,
  policies: readonly Policy[],
  record: Attempt | undefined,
  history: History,
  snapshot: ClusterSnapshot,
  now: number,
): Candidate | undefined {
  const rules = matchingRules(node, policies).map((matched) => {
    const sighting = sightingOf(matched, record, snapshot, now)
    const { since } = sighting
    return { ...matched, sighting, since, eligibleAt: since + tolerationOf(matched.policy, matched.condition.type) }
  })
  const driver = [...rules].sort((a, b) => compareRules(a, b, now))[0]
  if (!driver) return undefined
  return {
    node,
    ...(record && { record }),
    policy: driver.policy,
    standing: standingOf(driver.policy, node, driver.condition.type, history, now),
    condition: driver.condition,
    since: driver.since,
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

/** The provider that carries `action` out on a node: the one that the policy names, or the first one that can. */
export function providerFor({ pools }: NodeView, { provider }: Policy, action: Intervention): string | undefined {
  return pools.find((one) => (provider === 'auto' || one.provider === provider) && one.can.includes(action))?.provider
}

/** How long the policy puts up with the condition. */
function tolerationOf(policy: Policy, condition: string): number {
  return policy.tolerationMs ?? defaultTolerationMs(condition)
}

/** Every rule that matches, once per policy and condition; rules that name the reason silence the fallbacks of the condition. */
function matchingRules(node: NodeView, policies: readonly Policy[]): readonly Matched[] {
  const ours = policies.filter((policy) => selects(policy.nodeSelector, node.labels))
  return node.conditions.flatMap((condition) => {
    const matched = ours.flatMap((policy) => {
      const fitting = policy.match.filter((match) => fits(match, condition))
      const match = fitting.find((one) => one.reason) ?? fitting[0]
      return match ? [{ policy, match, condition }] : []
    })
    const specific = matched.filter(({ match }) => match.reason)
    return specific.length > 0 ? specific : matched
  })
}

function fits(match: PolicyMatch, condition: SeenCondition): boolean {
  if (match.condition !== condition.type || match.status !== condition.status) return false
  return match.reason?.test(condition.reason) ?? true
}

type Timed = Matched & { readonly eligibleAt: number }

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
