/** What is done about a node right now, what that waits for, and what would change it: the first lines of `why`. Pure. */
import type { Action } from '../../model/action.ts'
import type { DecisionRecord } from '../../model/decision.ts'
import type { Pause } from '../../model/node.ts'
import { type Attempt, type Blocker, isBeforeCommit, type Plan } from '../../model/repair.ts'
import { kindOf } from '../../repair/act/actions.ts'
import { drill } from '../../repair/decide/gates/drill.ts'

/** Three answers, in the order in which people ask. */
export interface Now {
  /** The fact, and when it changes, in one sentence. */
  readonly doing: string
  readonly waitsFor: readonly string[]
  readonly changes: readonly string[]
}

/** More blockers than this are counted, not listed; all of them are further down. */
const mostListed = 5

/** Who could be at work. */
export interface Attendance {
  readonly leader: string | null
  readonly pause: Pause
  /** Our clock: a time that has passed is not told as to come. */
  readonly now: number
}

/** About a repair under way. */
export function nowOfRepair(repair: Attempt, { leader, pause, now }: Attendance): Now {
  const { plan, name, nodeName, phase, deletedAt, trouble } = repair
  if (!plan) return { doing: `Repair ${name} is not admitted.`, waitsFor: [], changes: [] }
  const told = toldByPhase(repair, plan, now)
  const deleted = deletedAt === undefined ? '' : deletedText(repair)
  // While a proof is awaited, trouble is what the new node lacks.
  const granted =
    trouble === undefined || phase === 'Dwelling'
      ? []
      : ['the right is granted: nodemend rbac controller prints the role']
  const ours: Now[] = []
  if (leader === null) ours.push(waiting('a controller: none leads', 'start one: nodemend controller'))
  if (pause.state === 'on') {
    const change = 'remove the annotation nodemend.dev/paused from the controller’s lease'
    ours.push(waiting(`the end of a pause of the whole controller: ${pause.why}`, change))
  }
  const stop = `to stop it: kubectl annotate node ${nodeName} nodemend.dev/veto=WHY`
  return {
    doing: `${told.doing}${deleted}`,
    waitsFor: [...ours.flatMap((one) => one.waitsFor), ...(trouble === undefined ? told.waitsFor : [trouble])],
    changes: [
      ...ours.flatMap((one) => one.changes),
      ...granted,
      ...told.changes,
      ...(isBeforeCommit(phase) ? [stop] : []),
    ],
  }
}

/** About a decision that has not become a repair. Where nobody leads, that is the reason. */
export function nowOfDecision(decision: DecisionRecord, { leader }: Pick<Attendance, 'leader'>): Now {
  const decider = decision.gates.find((one) => one.gate === decision.decidedBy)
  if (leader === null && decision.outcome !== 'no-action' && decision.outcome !== 'cleared') {
    const doing = `Not ${doneTo(decision)}: no controller leads.`
    return { doing, waitsFor: ['a controller: none leads'], changes: ['start one: nodemend controller'] }
  }
  return {
    doing: outcomeText(decision, decider?.why ?? ''),
    waitsFor: decider ? [decider.why] : [],
    changes: decider?.change === undefined ? [] : [decider.change],
  }
}

function waiting(what: string, change: string): Now {
  return { doing: '', waitsFor: [what], changes: [change] }
}

function toldByPhase(repair: Attempt, plan: Plan, now: number): Now {
  const { name, phase, drain, successor } = repair
  const { provider, target, action } = plan
  const end = repair.deadline === undefined ? [] : [atTime(repair.deadline, now, 'it ends as failed')]
  const tell = (doing: string, waitsFor: string, changes = end): Now => {
    return { doing: `Repair ${name} ${doing}.`, waitsFor: [waitsFor], changes }
  }
  switch (phase) {
    case 'Preparing':
      return tell('cordons it', 'our taint on the node')
    case 'Draining':
    case 'Blocked': {
      const lent = phase === 'Blocked' ? ', and has lent its budget slot to the next node' : ''
      const doing = `moves its pods away: ${drain?.evicted ?? 0} evicted, ${drain?.remaining ?? 0} to go${lent}`
      return { ...tell(doing, ''), ...drainText(repair, plan, now) }
    }
    case 'Committing':
    case 'Acting':
    case 'Observing':
      return tell(...kindOf(action).words.now[phase](provider, target))
    case 'Dwelling':
      return tell(`watches ${successor?.name ?? ''} prove it`, proofText(repair, plan, now))
    case 'Unknown':
      return tell(`does not know whether ${provider} has begun, and asks`, 'an answer that tells')
    case 'Pending':
    case 'Succeeded':
    case 'Failed':
    case 'Cancelled':
      return tell(`is ${phase}`, '')
  }
}

function proofText({ successor, healthySince }: Attempt, { dwellMs }: Plan, now: number): string {
  const name = successor?.name ?? ''
  if (healthySince === undefined) return `${name} to be ready and free of faults`
  if (healthySince + dwellMs <= now) return `the controller to see that ${name} has stayed ready and free of faults`
  return `${name} to stay ready and free of faults until ${time(healthySince + dwellMs)}`
}

function drainText({ drain, phase }: Attempt, { drain: limits }: Plan, now: number): Omit<Now, 'doing'> {
  const { blockers = [], remaining = 0, deadline } = drain ?? {}
  const shown = blockers.slice(0, mostListed)
  const more = blockers.length > mostListed ? [`${blockers.length - mostListed} more pods`] : []
  const waitsFor = [...shown.map((one) => `${one.pod}: ${one.reason}`), ...more]
  if (waitsFor.length === 0) {
    waitsFor.push(
      remaining > 0 ? `${remaining} pods to end` : phase === 'Blocked' ? 'a budget slot' : 'a look at its pods',
    )
  }
  const timeout =
    deadline === undefined ? [] : [atTime(deadline, now, `the drain’s time is up and ${atDeadline(blockers, limits)}`)]
  return { waitsFor, changes: [...new Set(shown.flatMap(remedies)), ...timeout] }
}

/** What helps against one blocker. */
function remedies({ pod, kind, reason, budgets }: Blocker): readonly string[] {
  switch (kind) {
    case 'budget': {
      const [namespace = ''] = pod.split('/')
      const named = budgets.map((budget) => `PodDisruptionBudget ${namespace}/${budget}`)
      return [`${named.join(' and ') || `the PodDisruptionBudgets of ${pod}`} allows a disruption`]
    }
    case 'protected':
      return [`${pod} may be evicted: take away ${reason}`]
    case 'stuck':
      return [`${pod} ends: look at its finalisers, and at the kubelet`]
    case 'refused':
      return [`whoever refuses lets ${pod} be evicted`]
    case 'returned':
      return [`${pod} is not pinned to the node any more: look at spec.nodeName in the template of its owner`]
  }
}

function atDeadline(blockers: readonly Blocker[], { onTimeout, pdb }: Plan['drain']): string {
  const respected = pdb === 'Respect' && blockers.some((one) => one.kind === 'budget')
  if (onTimeout === 'Abort' || respected) return 'everything is put back'
  return onTimeout === 'ForceDelete' ? 'what is left is deleted' : 'it goes on without them'
}

function deletedText({ phase }: Attempt): string {
  if (isBeforeCommit(phase)) return ' Its NodeRepair was deleted: everything is being put back.'
  return ' Its NodeRepair was deleted: too late to take it back; the object goes when the repair has ended.'
}

/** What the node would be, once it is done. */
const done: Readonly<Record<Action, string>> = {
  NoAction: 'touched',
  RestartService: 'given a new start of its service',
  ResetGPU: 'given a reset of its GPU',
  Reboot: 'rebooted',
  PowerCycle: 'power-cycled',
  Replace: 'replaced',
}

function doneTo({ rule }: DecisionRecord): string {
  return rule ? done[rule.action] : 'touched'
}

/** Never the name of a gate: what it found. */
function outcomeText(decision: DecisionRecord, why: string): string {
  const { outcome, rule } = decision
  const not = rule?.mode === 'Observe' ? 'Would not be' : 'Not'
  switch (outcome) {
    case 'act':
      return `About to be ${doneTo(decision)}: nothing stands in the way.`
    case 'would-act':
      if (decision.decidedBy === drill.name) return `Not ${doneTo(decision)}, only drilled: ${why}.`
      return `Not ${doneTo(decision)}: policy ${rule?.policy ?? ''} only observes; in mode Enforce it would be ${doneTo(decision)} now.`
    case 'wait':
      return `${not} ${doneTo(decision)} yet: ${why}.`
    case 'refuse':
      return `${not} ${doneTo(decision)}: ${why}.`
    case 'no-action':
      return `Nothing is done: policy ${rule?.policy ?? ''} says NoAction for ${rule?.condition ?? ''}=${rule?.status ?? ''}.`
    case 'cleared':
      return 'Nothing is done: no rule matches any more.'
  }
}

/** What happens at `ms`; once that has passed, that it is due. */
function atTime(ms: number, now: number, what: string): string {
  return ms > now ? `${time(ms)}: ${what}` : `due since ${time(ms)}, when the controller looks next: ${what}`
}

function time(ms: number): string {
  return new Date(ms).toISOString()
}
