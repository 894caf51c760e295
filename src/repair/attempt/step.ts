/**
 * The attempt's state machine: from what is recorded and what is seen now to the one thing to do next. Pure. Every step
 * may be the last one before a crash: the next leader calls this function with the same record and goes on.
 */

import { type ClusterSnapshot, conditionOf, type NodeView } from '../../model/node.ts'
import { type Attempt, isBeforeCommit, type Phase, type Plan, phaseSince } from '../../model/repair.ts'
import type { OperationView } from '../../providers/provider.ts'
import type { DrainPass } from '../act/drain/run.ts'
import { foreignOwner } from '../decide/foreign.ts'
import { freezeOf } from '../decide/gates/api-health.ts'
import { vetoOf } from '../decide/gates/veto.ts'
import { judgeReplacement } from '../verify/prove.ts'

/** A pod may have been bound just before our taint landed: a list counts as the last one only after this. */
export const taintSettleMs = 5_000
/** How long a forced deletion may take beyond the deadline before what is left is left behind. */
const forceOverrunMs = 5 * 60_000
/** How long the old node may take to go, a new one to join, or an answer to come. */
export const observationMs = 20 * 60_000

export interface StepView {
  readonly snapshot: ClusterSnapshot
  readonly now: number
  /** What the last drain pass of this tick found; absent before it ran. */
  readonly pass?: DrainPass
  /** Why the drain pass of this tick could not look at the node's pods; absent when it could. */
  readonly unread?: string
  /** What the provider says; absent before it was asked. */
  readonly operation?: OperationView
  /** Whether the budget has room for a blocked repair to go on. */
  readonly slotFree: boolean
}

export type Step =
  | { readonly kind: 'wait'; readonly why: string }
  | { readonly kind: 'taint' }
  | { readonly kind: 'drain' }
  | { readonly kind: 'look' }
  | { readonly kind: 'replace' }
  /** Write `attempt`; with `untaint`, take our taint off the old node first. */
  | { readonly kind: 'record'; readonly attempt: Attempt; readonly untaint: boolean }

/** The next step of an attempt that has a plan. Attempts that are Pending or finished have none. */
export function nextStep(attempt: Attempt, view: StepView): Step {
  const { plan } = attempt
  if (!plan) return { kind: 'wait', why: 'not admitted' }
  const held = holdReason(view)
  if (held !== undefined) return { kind: 'wait', why: held }
  const cancel = isBeforeCommit(attempt.phase) ? cancelReason(attempt, plan, view) : undefined
  if (cancel !== undefined) return end(attempt, view, 'Cancelled', cancel, true)
  switch (attempt.phase) {
    case 'Preparing':
      if (attempt.taintedAt !== undefined)
        return enter(startDrain(attempt, plan, view.now), view, 'Draining', 'our taint is on the node')
      return isOver(attempt, view.now)
        ? end(attempt, view, 'Failed', 'the node could not be tainted in time', true)
        : { kind: 'taint' }
    case 'Draining':
    case 'Blocked':
      if (view.unread !== undefined) return unread(attempt, view, view.unread)
      return view.pass ? afterPass(attempt, plan, view, view.pass) : { kind: 'drain' }
    case 'Committing':
    case 'Unknown':
      return view.operation ? committed(attempt, plan, view, view.operation) : { kind: 'look' }
    case 'Acting':
    case 'Observing':
      return view.operation ? acted(attempt, view, view.operation) : { kind: 'look' }
    case 'Dwelling':
      return dwell(attempt, plan, view)
    case 'Pending':
    case 'Succeeded':
    case 'Failed':
    case 'Cancelled':
      return { kind: 'wait', why: 'nothing to do' }
  }
}

/** The record with a new phase on top. Also used where a repair is admitted. */
export function withPhase(attempt: Attempt, phase: Phase, at: number, why: string, deadline?: number): Attempt {
  const { deadline: _, ...rest } = attempt
  const phases = [...attempt.phases, { phase, at, why }]
  return { ...rest, phase, phases, ...(deadline !== undefined && { deadline }) }
}

/** While our picture may be wrong, or somebody asked for quiet, nothing goes on; nothing is undone either. */
function holdReason({ snapshot, now }: StepView): string | undefined {
  const freeze = freezeOf(snapshot.health, now)
  if (freeze) return freeze.why
  return snapshot.paused === undefined ? undefined : `paused: ${snapshot.paused}`
}

/** Before the commit, whatever speaks against the repair ends it and everything is put back. */
function cancelReason(attempt: Attempt, plan: Plan, { snapshot, now, pass }: StepView): string | undefined {
  const node = oldNode(attempt, snapshot)
  if (!node) return 'the node is gone'
  if (faultCleared(plan, node)) return `${plan.condition} is no longer ${plan.status}`
  if (pass?.taintGone) return 'somebody removed our taint from the node'
  const veto = vetoOf(node, now)
  if (veto !== undefined) return `veto: ${veto.why}`
  return foreignOwner(node, snapshot)
}

function startDrain(attempt: Attempt, plan: Plan, now: number): Attempt {
  const drain = { startedAt: now, deadline: now + plan.drain.timeoutMs, evicted: 0, remaining: 0, blockers: [] }
  return { ...attempt, drain: { ...drain, leftBehind: [] } }
}

function afterPass(before: Attempt, plan: Plan, view: StepView, pass: DrainPass): Step {
  const attempt = withPass(before, view.now, pass)
  const { drain } = attempt
  if (!drain) return { kind: 'wait', why: 'the drain has not begun' }
  const settled = pass.listedAt >= (attempt.taintedAt ?? view.now) + taintSettleMs
  if (pass.remaining === 0 && settled) {
    if (attempt.phase === 'Blocked' && !view.slotFree) return keep(before, attempt, 'drained; waits for a budget slot')
    return enter(attempt, view, 'Committing', 'no pod is left to drain')
  }
  if (view.now >= drain.deadline) return atDeadline(before, attempt, plan, view, pass)
  const { blockedSince } = drain
  if (
    attempt.phase === 'Draining' &&
    blockedSince !== undefined &&
    view.now - blockedSince >= plan.drain.blockedAfterMs
  ) {
    return enter(attempt, view, 'Blocked', blockedText(attempt), drain.deadline)
  }
  return keep(before, attempt, `${pass.remaining} pods to go`)
}

/** Without a look at the pods nothing goes on; long after the deadline the attempt gives up rather than its slot. */
function unread(attempt: Attempt, view: StepView, why: string): Step {
  const giveUpAt = (attempt.drain?.deadline ?? phaseSince(attempt)) + forceOverrunMs
  return view.now < giveUpAt
    ? { kind: 'wait', why }
    : end(attempt, view, 'Failed', `the drain cannot be judged: ${why}`, true)
}

function atDeadline(before: Attempt, attempt: Attempt, plan: Plan, view: StepView, pass: DrainPass): Step {
  const why = `the drain's time is up; ${blockedText(attempt)}`
  const { onTimeout, pdb } = plan.drain
  if (onTimeout === 'Abort') return end(attempt, view, 'Failed', why, true)
  const slot = attempt.phase !== 'Blocked' || view.slotFree
  if (onTimeout === 'ForceDelete') {
    const budgets = pass.blockers.some((blocker) => blocker.budgets.length > 0)
    if (budgets && pdb === 'Respect')
      return end(attempt, view, 'Failed', `${why}, and their budgets are respected`, true)
    if (view.now < (attempt.drain?.deadline ?? 0) + forceOverrunMs)
      return keep(before, attempt, 'deleting what is left')
  }
  if (!slot) return keep(before, attempt, 'waits for a budget slot')
  return enter(leaveBehind(attempt, pass), view, 'Committing', why)
}

/** Write-ahead: `Committing` is on record before the provider is called. Only a certain "not begun" lets us call. */
function committed(attempt: Attempt, plan: Plan, view: StepView, operation: OperationView): Step {
  switch (operation.state) {
    case 'running':
    case 'gone':
      return enter(attempt, view, 'Acting', 'the provider has begun', view.now + observationMs)
    case 'not-started': {
      // Once it had begun, "not begun" contradicts what we saw: it is not repeated.
      if (attempt.phases.some((entry) => entry.phase === 'Acting'))
        return untold(attempt, view, 'the provider forgot it')
      const node = oldNode(attempt, view.snapshot)
      if (node && faultCleared(plan, node)) {
        return end(attempt, view, 'Cancelled', `${plan.condition} is no longer ${plan.status}`, true)
      }
      return { kind: 'replace' }
    }
    case 'unknown':
      return untold(attempt, view, operation.why)
  }
}

/** Nobody can tell whether it happened: wait, and in the end leave it to a person. Never again. */
function untold(attempt: Attempt, view: StepView, why: string): Step {
  if (attempt.phase !== 'Unknown') return enter(attempt, view, 'Unknown', why, view.now + observationMs)
  if (isOver(attempt, view.now))
    return end(attempt, view, 'Failed', `nobody can tell whether it happened: ${why}`, false)
  return { kind: 'wait', why }
}

function acted(attempt: Attempt, view: StepView, operation: OperationView): Step {
  switch (operation.state) {
    case 'not-started':
      return untold(attempt, view, 'the provider forgot it')
    case 'unknown':
      return { kind: 'wait', why: operation.why }
    case 'running':
      if (isOver(attempt, view.now)) return end(attempt, view, 'Failed', `not gone in time: ${operation.why}`, false)
      return { kind: 'wait', why: operation.why }
    case 'gone':
      break
  }
  const { successor } = operation
  if (attempt.phase === 'Acting')
    return enter(attempt, view, 'Observing', 'the old node is gone', view.now + observationMs)
  if (successor.kind === 'not-needed') return prove(attempt, view, `the old node is gone; ${successor.why}`)
  if (successor.kind === 'awaited') {
    if (isOver(attempt, view.now))
      return end(attempt, view, 'Failed', `no replacement in time: ${successor.why}`, false)
    return { kind: 'wait', why: successor.why }
  }
  const replaced = { ...attempt, replacement: successor.node }
  return enter(
    replaced,
    view,
    'Dwelling',
    `${successor.node.name} takes its place`,
    view.now + observationMs + (attempt.plan?.dwellMs ?? 0),
  )
}

function dwell(attempt: Attempt, plan: Plan, view: StepView): Step {
  const node = view.snapshot.nodes.find((one) => one.uid === attempt.replacement?.uid)
  const health = judgeReplacement(node, plan)
  const { healthySince, ...unproven } = attempt
  switch (health.kind) {
    case 'healthy': {
      if (healthySince === undefined) return record({ ...attempt, healthySince: view.now })
      if (view.now - healthySince < plan.dwellMs) return { kind: 'wait', why: health.why }
      return prove(attempt, view, `${health.why} since ${new Date(healthySince).toISOString()}`)
    }
    case 'same-fault':
      return end(attempt, view, 'Failed', health.why, false)
    case 'gone':
    case 'not-yet':
      if (isOver(attempt, view.now)) return end(attempt, view, 'Failed', `not proven in time: ${health.why}`, false)
      return healthySince === undefined ? { kind: 'wait', why: health.why } : record(unproven)
  }
}

function prove(attempt: Attempt, view: StepView, proof: string): Step {
  return end({ ...attempt, proof }, view, 'Succeeded', proof, false)
}

function withPass(attempt: Attempt, now: number, pass: DrainPass): Attempt {
  if (!attempt.drain) return attempt
  const { blockedSince, ...drain } = attempt.drain
  return {
    ...attempt,
    drain: {
      ...drain,
      evicted: drain.evicted + pass.evicted,
      remaining: pass.remaining,
      blockers: pass.blockers,
      leftBehind: pass.left,
      ...(pass.stuck && { blockedSince: blockedSince ?? now }),
    },
  }
}

function leaveBehind(attempt: Attempt, pass: DrainPass): Attempt {
  if (!attempt.drain) return attempt
  const left = pass.blockers.map((blocker) => `${blocker.pod}: ${blocker.reason}`)
  return { ...attempt, drain: { ...attempt.drain, leftBehind: [...pass.left, ...left].slice(0, 64) } }
}

/** Writes the drain's progress only when it says something new. */
function keep(before: Attempt, attempt: Attempt, why: string): Step {
  return JSON.stringify(before.drain) === JSON.stringify(attempt.drain) ? { kind: 'wait', why } : record(attempt)
}

function record(attempt: Attempt): Step {
  return { kind: 'record', attempt, untaint: false }
}

function enter(attempt: Attempt, { now }: StepView, phase: Phase, why: string, deadline?: number): Step {
  return record(
    withPhase(attempt, phase, now, why, deadline ?? (phase === 'Draining' ? attempt.drain?.deadline : undefined)),
  )
}

function end(attempt: Attempt, { now }: StepView, phase: Phase, why: string, untaint: boolean): Step {
  return {
    kind: 'record',
    attempt: withPhase(attempt, phase, now, why),
    untaint: untaint && attempt.taintedAt !== undefined,
  }
}

function oldNode(attempt: Attempt, snapshot: ClusterSnapshot): NodeView | undefined {
  return snapshot.nodes.find((node) => node.uid === attempt.nodeUid)
}

function faultCleared(plan: Plan, node: NodeView): boolean {
  return conditionOf(node, plan.condition)?.status !== plan.status
}

function isOver(attempt: Attempt, now: number): boolean {
  return now >= (attempt.deadline ?? phaseSince(attempt) + observationMs)
}

function blockedText(attempt: Attempt): string {
  const pods = attempt.drain?.blockers.map((blocker) => blocker.pod) ?? []
  const shown = pods.slice(0, 3).join(', ')
  if (pods.length === 0) return `${attempt.drain?.remaining ?? 0} pods have not left`
  return pods.length > 3 ? `${shown} and ${pods.length - 3} more are in the way` : `${shown} in the way`
}
