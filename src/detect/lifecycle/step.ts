/**
 * The life cycle: state and what came in → next state. Pure, and fed in the order of the log: a run that is killed and
 * resumed from its stored state and cursor comes to the same conditions as one that never was.
 */
import { type ConditionType, conditionTypes, type NodeCondition } from '../../model/condition.ts'
import { condemns } from './condition.ts'
import { addNotice, type Draft, draftOf, judge, judgeFor, lifetimeOf, makeRoom, remove, store } from './draft.ts'
import { type Ended, type Ending, endOf } from './ending.ts'
import { isSameSlot, openIncident, outranks, withCompanion, withLeader } from './incident.ts'
import { endedNotice, raisedNotice, tellAt, withTold } from './notice.ts'
import type { Settings } from './settings.ts'
import type { Finding, LifecycleState, Moment, Sighting, Steady, Watch } from './state.ts'

export type Input =
  | { readonly kind: 'seen'; readonly sighting: Sighting }
  /** The boot that is running; another one than the state's ends what a boot ends. */
  | { readonly kind: 'boot'; readonly bootId: string }
  /** The evidence of these conditions was read up to now, or cannot be. */
  | { readonly kind: 'watch'; readonly conditions: readonly ConditionType[]; readonly watch: Watch }
  /** Time passed. */
  | { readonly kind: 'tick' }
  /** The settings changed: every condition is judged anew. */
  | { readonly kind: 'settings' }
  /** What the node carries of an earlier process whose state is lost: what has not changed keeps its time. */
  | { readonly kind: 'recalled'; readonly conditions: readonly NodeCondition[] }
  /** These notices have been told. A notice that grew meanwhile stays. */
  | { readonly kind: 'told'; readonly notices: LifecycleState['notices'] }

export interface Outcome {
  readonly state: LifecycleState
  /** Entries that were raised, in order: for metrics and the log. */
  readonly raised: readonly Finding[]
  /** Raised ones that ended, in order: for the log. */
  readonly ended: readonly Ended[]
  /** When to step again even if nothing comes in. */
  readonly wakeAt: Steady | undefined
}

export function step(state: LifecycleState, inputs: readonly Input[], moment: Moment, settings: Settings): Outcome {
  const draft = draftOf(state, moment, settings)
  for (const input of inputs) take(draft, input)
  sweep(draft, moment.now)
  const wakeAt = tell(draft, moment.now)
  const { bootId, findings, conditions, watches, notices, dropped } = draft
  return {
    state: { bootId, findings, conditions, watches, notices, dropped },
    raised: draft.raised,
    ended: draft.ended,
    wakeAt,
  }
}

function take(draft: Draft, input: Input): void {
  switch (input.kind) {
    case 'seen':
      see(draft, input.sighting)
      break
    case 'boot':
      boot(draft, input.bootId)
      break
    case 'watch':
      for (const type of input.conditions) {
        draft.watches[type] = input.watch
        judge(draft, type, draft.moment.now)
      }
      break
    case 'tick':
      break
    case 'settings':
      for (const type of conditionTypes) judge(draft, type, draft.moment.now)
      break
    case 'recalled':
      for (const type of conditionTypes) recall(draft, type, input.conditions)
      break
    case 'told':
      for (const [id, notice] of input.notices) if (draft.notices.get(id) === notice) draft.notices.delete(id)
  }
}

function recall(draft: Draft, type: ConditionType, carried: readonly NodeCondition[]): void {
  const now = draft.conditions[type]
  const known = carried.find((one) => one.type === type)
  const since = Date.parse(known?.lastTransitionTime ?? '')
  if (known?.status !== now.status || known.reason !== now.reason || Number.isNaN(since)) return
  draft.conditions[type] = { ...now, since }
}

function see(draft: Draft, sighting: Sighting): void {
  sweep(draft, sighting.at)
  const { match, origin } = sighting
  if (draft.settings.severityOf(match, origin) === undefined) return
  const key = keyOf(match.reason, match.device)
  const known = draft.findings.get(key)
  if (match.recovery) recover(draft, sighting)
  else if (known) repeat(draft, key, known, sighting)
  else if (!join(draft, key, sighting)) begin(draft, key, sighting)
}

/** Takes the line into the open incident of its device; false when there is none, or it must be counted by itself first. */
function join(draft: Draft, key: string, sighting: Sighting): boolean {
  const incident = openIncident(draft.findings.values(), sighting)
  if (!incident) return false
  const incidentKey = keyOf(incident.leader.reason, incident.leader.device)
  if (!outranks(sighting, incident, draft.settings)) {
    const joined = withCompanion(incident, sighting)
    store(draft, incidentKey, joined)
    // What the incident means, and so the condition's text, may be another with one reason more.
    if (joined.companions.length > incident.companions.length) judge(draft, incident.leader.condition, sighting.at)
    return true
  }
  if (draft.settings.lifecycleOf(sighting.match).raise.count > 1) return false
  remove(draft, incidentKey)
  raise(draft, key, withLeader(incident, sighting, idOf(draft, sighting)))
  judge(draft, incident.leader.condition, sighting.at)
  return true
}

function begin(draft: Draft, key: string, sighting: Sighting): void {
  if (!makeRoom(draft, sighting)) return
  const { match, origin, at } = sighting
  const fresh: Finding = {
    id: idOf(draft, sighting),
    leader: match,
    origin,
    at,
    lastAt: at,
    wallAt: Math.round(at + draft.moment.wallOffset),
    lines: 0,
    recent: [],
    companions: [],
  }
  repeat(draft, key, fresh, sighting)
}

function repeat(draft: Draft, key: string, finding: Finding, sighting: Sighting): void {
  const { over: _over, ...rest } = finding
  const fromKernel = finding.origin === 'kernel' || sighting.origin === 'kernel'
  const origin = fromKernel ? 'kernel' : 'userspace'
  // A kernel line takes over the text of a line that user space wrote before it.
  const leader = finding.origin === origin ? finding.leader : sighting.match
  const next: Finding = {
    ...rest,
    leader,
    origin,
    lastAt: Math.max(finding.lastAt, sighting.at),
    lines: finding.lines + 1,
  }
  if (finding.raisedAt !== undefined) {
    store(draft, key, next)
    if (origin !== finding.origin) judge(draft, leader.condition, sighting.at)
    return
  }
  const { count, withinMs } = lifetimeOf(draft, finding).raise
  const recent = [...finding.recent.filter((at) => at >= sighting.at - withinMs), sighting.at]
  if (recent.length < count) store(draft, key, { ...next, recent })
  else raise(draft, key, { ...next, recent: [], raisedAt: sighting.at })
}

function raise(draft: Draft, key: string, finding: Finding): void {
  store(draft, key, finding)
  draft.raised.push(finding)
  judgeFor(draft, finding, finding.raisedAt ?? finding.lastAt)
}

/** The log says that the trouble is over: on one device, or on all where the line names none. */
function recover(draft: Draft, { match, at }: Sighting): void {
  for (const [key, finding] of [...draft.findings]) {
    const sameGroup = match.group !== undefined && finding.leader.group === match.group
    if (finding.leader.entry !== match.entry && !sameGroup) continue
    if (match.device !== undefined && !isSameSlot(finding.leader.device, match.device)) continue
    if (finding.raisedAt === undefined) remove(draft, key)
    else store(draft, key, { ...finding, over: finding.over ?? at })
  }
  sweep(draft, at)
}

function boot(draft: Draft, bootId: string): void {
  if (draft.bootId === bootId) return
  draft.bootId = bootId
  for (const [key, finding] of [...draft.findings]) {
    if (finding.raisedAt === undefined) remove(draft, key)
    else if (lifetimeOf(draft, finding).clearedByBoot) end(draft, key, finding, 'boot', draft.moment.now)
  }
}

/** Ends everything that ends by `time`, in the order in which it ends. */
function sweep(draft: Draft, time: Steady): void {
  if (time < draft.deadline) return
  const due: {
    readonly key: string
    readonly finding: Finding
    readonly at: Steady
    readonly why: Ending | 'boot'
  }[] = []
  draft.deadline = Number.POSITIVE_INFINITY
  for (const [key, finding] of draft.findings) {
    const ending = endOf(finding, lifetimeOf(draft, finding))
    if (ending && ending.at <= time) due.push({ key, finding, ...ending })
    else if (ending) draft.deadline = Math.min(draft.deadline, ending.at)
  }
  due.sort((a, b) => a.at - b.at)
  for (const { key, finding, why, at } of due) end(draft, key, finding, why, at)
}

function end(draft: Draft, key: string, finding: Finding, why: Ending | 'boot', at: Steady): void {
  remove(draft, key)
  if (finding.raisedAt === undefined) return
  draft.ended.push({ finding, why })
  judgeFor(draft, finding, at)
  const announced = finding.told !== undefined && (why === 'recovered' || condemns(finding, draft.settings))
  if (announced) addNotice(draft, endedNotice(finding, why, Math.round(at + draft.moment.wallOffset)))
}

/** Puts what is due into the notices. Returns when the life cycle has to look again. */
function tell(draft: Draft, now: Steady): Steady | undefined {
  let next = draft.deadline
  for (const [key, finding] of draft.findings) {
    const severity = draft.settings.severityOf(finding.leader, finding.origin)
    const due = severity && tellAt(finding, severity)
    if (severity === undefined || due === undefined) continue
    if (due > now) {
      next = Math.min(next, due)
      continue
    }
    draft.findings.set(key, withTold(finding, now))
    addNotice(draft, raisedNotice(finding, severity, draft.moment.wallOffset))
  }
  return Number.isFinite(next) ? next : undefined
}

/** One finding per reason and device. */
export function keyOf(reason: string, device: string | undefined): string {
  return `${reason}|${device ?? ''}`
}

function idOf(draft: Draft, sighting: Sighting): string {
  return `${draft.bootId.slice(0, 8)}-${sighting.sequence}`
}
