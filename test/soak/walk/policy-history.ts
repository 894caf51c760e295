/** Every version of the policies of a walk, with its time: a controller may be a little behind. */
import type { ApiObject } from '../../../src/embedded/json.ts'
import { selects } from '../../../src/model/node.ts'
import { type Policy, resolveQuantity } from '../../../src/model/policy.ts'
import { type Attempt, isInFlight } from '../../../src/model/repair.ts'
import { parsePolicies, type RepairPolicyObject } from '../../../src/repair/policy/parse.ts'
import type { Check, Moment } from './invariants.ts'

interface Version {
  readonly from: number
  to: number
  readonly policy: Policy
}

export class PolicyHistory {
  readonly #versions: Version[] = []

  /** Told of each change, with the set as it is now. */
  take(objects: readonly ApiObject[], mono: number): void {
    const { readable } = parsePolicies(objects as unknown as readonly RepairPolicyObject[]) // plain JSON both
    for (const one of this.#versions) if (one.to === Number.POSITIVE_INFINITY) one.to = mono
    for (const policy of readable) this.#versions.push({ from: mono, to: Number.POSITIVE_INFINITY, policy })
  }

  /** The versions of a policy that were in force at some time since `mono`. */
  since(name: string, mono: number): readonly Policy[] {
    return this.#versions.filter(({ policy, to }) => policy.name === name && to >= mono).map(({ policy }) => policy)
  }

  /** Never more in flight than the budget of the policy that acts, with the most nodes that it may have seen. */
  withinBudget(check: Check, { cluster, slackMs, goneSince }: Moment, now: Attempt, others: readonly Attempt[]): void {
    const from = cluster.clock.monotonic() - slackMs
    const versions = this.since(now.plan?.policy ?? '', from)
    const nodes = [...cluster.list('nodes'), ...goneSince(from)]
    const size = (policy: Policy): number =>
      nodes.filter((node) => selects(policy.nodeSelector, node.metadata.labels ?? {})).length
    const room = Math.max(
      0,
      ...versions.map((one) => Math.min(...limitsOf(one).map((limit) => resolveQuantity(limit, size(one))))),
    )
    const flying = others.filter(
      (one) =>
        isInFlight(one.phase) &&
        versions.every((policy) => one.plan?.policy === policy.name || selects(policy.nodeSelector, one.nodeLabels)),
    )
    check('budget', flying.length + 1 <= room, () => `${now.name} is number ${flying.length + 1} of at most ${room}`)
  }
}

function limitsOf({ budgets }: Policy) {
  const mine = budgets.filter((one) => one.reasons === undefined || one.reasons.includes('Unhealthy'))
  return mine.length > 0 ? mine.map((one) => one.nodes) : [{ value: 10, percent: true }]
}
