/** Draining and Blocked: from what one drain pass found to what follows. Everything here can still be undone. */
import { isDeepStrictEqual } from 'node:util'
import { formatDuration } from '../../catalog/duration.ts'
import { defaultVolumesMs } from '../../model/policy.ts'
import { type Attempt, type Plan, phaseSince } from '../../model/repair.ts'
import type { DrainPass } from '../act/drain/run.ts'
import { taintSettleMs } from '../act/taint.ts'
import { end, enter, record, type Step, type StepView } from './transition.ts'

/** How long a forced deletion may take beyond the deadline before what is left is left behind. */
const forceOverrunMs = 5 * 60_000

/** A deadline that is over for longer has passed while nobody drained: in an outage, under a pause, without a controller. */
const unwatchedMs = 30_000

/** The record as its drain begins. */
export function startDrain(attempt: Attempt, plan: Plan, now: number): Attempt {
  const drain = { startedAt: now, deadline: now + plan.drain.timeoutMs, evicted: 0, remaining: 0, blockers: [] }
  return { ...attempt, drain: { ...drain, leftBehind: [] } }
}

/**
 * The record with time for the drain where its deadline has passed unwatched: pods that nobody has told to end would go with
 * the machine, or be told to end within a second. Undefined where the deadline stands, and the second time.
 */
export function afterGap(attempt: Attempt, plan: Plan, { now, slotFree }: StepView): Step | undefined {
  const { phase, drain } = attempt
  const { onTimeout } = plan.drain
  if (!drain || onTimeout === 'Abort' || (phase === 'Blocked' && !slotFree)) return undefined
  if (drain.deadline > drain.startedAt + plan.drain.timeoutMs) return undefined // once, so that every drain ends
  const overAt = onTimeout === 'ForceDelete' ? drain.deadline + forceOverrunMs : drain.deadline
  if (now <= overAt + unwatchedMs) return undefined
  const deadline = now + forceOverrunMs
  return record({ ...attempt, deadline, drain: { ...drain, deadline } })
}

/** What follows from a pass. */
export function afterPass(before: Attempt, plan: Plan, view: StepView, pass: DrainPass): Step {
  const attempt = withPass(before, view.now, pass)
  const { drain } = attempt
  if (!drain) return { kind: 'wait', why: 'the drain has not begun' }
  const settled = pass.listedAt >= (attempt.taintedAt ?? view.now) + taintSettleMs
  if (pass.remaining === 0 && settled && !pass.freeing) {
    if (attempt.phase === 'Blocked' && !view.slotFree) return keep(before, attempt, 'drained; waits for a budget slot')
    return afterVolumes(before, attempt, plan, view, pass)
  }
  // A node without pods needs no time to leave in: only the last list is awaited.
  if (view.now >= drain.deadline && pass.remaining > 0) return atDeadline(before, attempt, plan, view, pass)
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

/** The pods have left; their volumes may take as long as the policy says to follow. */
function afterVolumes(before: Attempt, attempt: Attempt, plan: Plan, view: StepView, pass: DrainPass): Step {
  const { attached = [] } = pass
  const { drain } = attempt
  if (attached.length === 0 || !drain) return enter(attempt, view, 'Committing', 'no pod is left to drain')
  const { emptiedAt = view.now } = drain
  const { volumesMs = defaultVolumesMs } = plan.drain
  const named = `${attached.slice(0, 3).join(', ')}${attached.length > 3 ? ` and ${attached.length - 3} more` : ''}`
  if (view.now < emptiedAt + volumesMs) {
    const waiting = `waits until ${new Date(emptiedAt + volumesMs).toISOString()} for volumes to detach: ${named}`
    return keep(before, { ...attempt, drain: { ...drain, emptiedAt } }, waiting)
  }
  const why = `no pod is left to drain; volumes are still attached after ${formatDuration(volumesMs)}: ${named}`
  return enter(attempt, view, 'Committing', why)
}

/** Pods that cannot be listed hold the drain; long after its deadline the attempt fails and gives its slot back. */
export function unread(attempt: Attempt, view: StepView, why: string): Step {
  const giveUpAt = (attempt.drain?.deadline ?? phaseSince(attempt)) + forceOverrunMs
  return view.now < giveUpAt
    ? { kind: 'wait', why }
    : end(attempt, view, 'Failed', `the drain cannot be judged: ${why}`)
}

function atDeadline(before: Attempt, attempt: Attempt, plan: Plan, view: StepView, pass: DrainPass): Step {
  const why = `the drain's time is up; ${blockedText(attempt)}`
  const { onTimeout, pdb } = plan.drain
  if (onTimeout === 'Abort') return end(attempt, view, 'Failed', why)
  const budgets = pass.blockers.some((blocker) => blocker.kind === 'budget')
  if (budgets && pdb === 'Respect') return end(attempt, view, 'Failed', `${why}, and budgets are respected`)
  const overrun = view.now < (attempt.drain?.deadline ?? 0) + forceOverrunMs
  if (onTimeout === 'ForceDelete' && pass.remaining > 0 && overrun)
    return keep(before, attempt, 'deleting what is left')
  if (attempt.phase === 'Blocked' && !view.slotFree) return keep(before, attempt, 'waits for a budget slot')
  return enter(leaveBehind(attempt, pass), view, 'Committing', why)
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
      ...(pass.lost && { lost: pass.lost }),
      ...(pass.notes && { notes: pass.notes }),
      ...(pass.stuck && { blockedSince: blockedSince ?? now }),
    },
  }
}

function leaveBehind(attempt: Attempt, pass: DrainPass): Attempt {
  if (!attempt.drain) return attempt
  const left = pass.blockers.map((blocker) => `${blocker.pod}: ${blocker.reason}`)
  return { ...attempt, drain: { ...attempt.drain, leftBehind: [...pass.left, ...left].slice(0, 64) } }
}

/** Writes the drain's progress only when it says something new; the order of fields says nothing. */
function keep(before: Attempt, attempt: Attempt, why: string): Step {
  return isDeepStrictEqual(before.drain, attempt.drain) ? { kind: 'wait', why } : record(attempt)
}

function blockedText(attempt: Attempt): string {
  const pods = attempt.drain?.blockers.map((blocker) => blocker.pod) ?? []
  const shown = pods.slice(0, 3).join(', ')
  if (pods.length === 0) return `${attempt.drain?.remaining ?? 0} pods have not left`
  return pods.length > 3 ? `${shown} and ${pods.length - 3} more are in the way` : `${shown} in the way`
}
