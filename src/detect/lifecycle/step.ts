/**
 * The life cycle: state and inputs → next state. Pure, and applied in log order, so a process that is killed and
 * resumes from its stored state and cursor reaches the same conditions.
 */
import type { Acknowledgement } from '../../model/acknowledgement.ts'
import { type ConditionType, conditionTypes, type NodeCondition } from '../../model/condition.ts'
import { acknowledge } from './acknowledge.ts'
import { type Draft, draftOf, judge, remove, settleConditions, stampTransitions, type Weight, weigh } from './draft.ts'
import type { Ended } from './ending.ts'
import { keepLevelsOf, look, ownerOf } from './levels.ts'
import { see } from './lines.ts'
import { ownFinding } from './own-finding.ts'
import { end, lifetimeOf, queueNotices, sweep } from './raise.ts'
import type { Settings } from './settings.ts'
import type { Finding, Level, LifecycleState, Moment, Sighting, Steady, Watch, Watcher } from './state.ts'

export type Input =
  | { readonly kind: 'seen'; readonly sighting: Sighting }
  /** The complete result of one look: levels of that monitor missing from it have ended. */
  | { readonly kind: 'look'; readonly monitor: string; readonly levels: readonly Level[] }
  /** The monitors of this process; none has looked yet. */
  | { readonly kind: 'monitors'; readonly monitors: readonly Pick<Watcher, 'name' | 'conditions'>[] }
  /** Whether this monitor sees its evidence. */
  | { readonly kind: 'watch'; readonly monitor: string; readonly watch: Watch }
  /** The running boot. A new boot id ends the findings that a reboot clears. */
  | { readonly kind: 'boot'; readonly bootId: string }
  /** Time passed. */
  | { readonly kind: 'tick' }
  /** The settings changed: judges every condition again. */
  | { readonly kind: 'settings' }
  /** Conditions that the node carries from a process whose state is lost; unchanged ones keep their times. */
  | { readonly kind: 'recalled'; readonly conditions: readonly NodeCondition[] }
  /** All acknowledgements on the node. */
  | { readonly kind: 'acknowledged'; readonly acknowledgements: readonly Acknowledgement[] }
  /** These notices have been written. A notice that has grown meanwhile stays. */
  | { readonly kind: 'written'; readonly notices: LifecycleState['notices'] }

/** The result of a step. */
export interface Stepped {
  readonly state: LifecycleState
  /** Newly raised findings, in order, for metrics and the log. */
  readonly raised: readonly Finding[]
  /** Raised findings that ended, in order, for the log. */
  readonly ended: readonly Ended[]
  /** Conditions to report: status, reason or message changed. Changes of a level's value do not count. */
  readonly changed: readonly ConditionType[]
  /** The cost of losing the step. */
  readonly weight: Weight
  /** When to step again if nothing arrives; undefined when no time is due. */
  readonly wakeAt: Steady | undefined
}

export function step(state: LifecycleState, inputs: readonly Input[], moment: Moment, settings: Settings): Stepped {
  const draft = draftOf(state, moment, settings)
  for (const input of inputs) take(draft, input)
  sweep(draft, moment.now)
  const wakeAt = queueNotices(draft, moment.now)
  settleConditions(draft)
  stampTransitions(draft, state)
  const { bootId, findings, conditions, acknowledgements, watchers, notices, dropped } = draft
  return {
    state: { bootId, findings, conditions, acknowledgements, watchers, notices, dropped },
    raised: draft.raised,
    ended: draft.ended,
    changed: [...draft.changed],
    weight: draft.weight,
    wakeAt,
  }
}

function take(draft: Draft, input: Input): void {
  switch (input.kind) {
    case 'seen':
      see(draft, input.sighting)
      break
    case 'look':
      look(draft, input.monitor, input.levels)
      break
    case 'monitors':
      begin(draft, input.monitors)
      break
    case 'watch':
      watch(draft, input.monitor, input.watch)
      break
    case 'boot':
      boot(draft, input.bootId)
      break
    case 'tick':
      break
    case 'settings':
      for (const type of conditionTypes) judge(draft, type)
      break
    case 'recalled':
      recall(draft, input.conditions)
      break
    case 'acknowledged':
      acknowledge(draft, input.acknowledgements)
      break
    case 'written':
      for (const [id, notice] of input.notices) if (draft.notices.get(id) === notice) draft.notices.delete(id)
      weigh(draft, 'counts')
  }
}

function begin(draft: Draft, monitors: readonly Pick<Watcher, 'name' | 'conditions'>[]): void {
  draft.watchers = new Map(
    monitors.map(({ name, conditions }) => [name, { name, conditions, watch: { state: 'pending' } }]),
  )
  keepLevelsOf(
    draft,
    monitors.map(({ name }) => name),
  )
}

/** A monitor that cannot look is a finding, with the monitor as its device. */
function watch(draft: Draft, monitor: string, now: Watch): void {
  const watcher = draft.watchers.get(monitor)
  if (!watcher) return
  draft.watchers.set(monitor, { ...watcher, watch: now })
  const [condition] = watcher.conditions
  const failed = 'why' in now && condition !== undefined
  const said = failed && { message: now.why, device: monitor, condition, code: now.state }
  look(
    draft,
    ownerOf(monitor),
    said ? [{ match: ownFinding(draft.settings, 'MonitorFailed', said), state: 'over' }] : [],
  )
  for (const type of watcher.conditions) judge(draft, type)
}

function boot(draft: Draft, bootId: string): void {
  if (draft.bootId === bootId) return
  draft.bootId = bootId
  weigh(draft, 'facts')
  for (const [key, finding] of [...draft.findings]) {
    if (finding.raisedAt === undefined) remove(draft, key)
    else if (lifetimeOf(draft, finding).clearedByBoot) end(draft, key, finding, 'boot', draft.moment.now)
  }
}

/**
 * Takes over the conditions of an earlier agent whose state is lost. Because that agent ran here, lines of its time and
 * conditions it set are not old.
 */
function recall(draft: Draft, carried: readonly NodeCondition[]): void {
  const ranUntil = Math.max(0, ...carried.filter(isOurs).map((one) => Date.parse(one.lastHeartbeatTime ?? '') || 0))
  for (const [key, finding] of draft.findings) {
    if (!finding.before) continue
    const stood = carried.some((one) => one.status === 'False' && one.reason === finding.leader.reason)
    if (!stood && (ranUntil === 0 || finding.wallAt < ranUntil)) continue
    const { before: _before, ...rest } = finding
    draft.findings.set(key, rest)
  }
  for (const type of conditionTypes) judge(draft, type)
  settleConditions(draft)
  for (const type of conditionTypes) {
    const known = carried.find((one) => one.type === type)
    const since = Date.parse(known?.lastTransitionTime ?? '')
    const now = draft.conditions[type]
    const lasts = known?.status === now.status && known.reason === now.reason && !Number.isNaN(since)
    const wallNow = Math.round(draft.moment.now + draft.moment.wallOffset)
    draft.conditions[type] = { ...now, since: lasts ? since : wallNow }
    draft.recalled.add(type)
  }
  weigh(draft, 'facts')
}

function isOurs({ type }: NodeCondition): boolean {
  return (conditionTypes as readonly string[]).includes(type)
}
