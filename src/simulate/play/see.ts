/** Holds what a scenario expects against what is there. */
import { type ApiObject, at, listAt, textAt } from '../../embedded/json.ts'
import { isReady } from '../../embedded/model/conditions.ts'
import { type Attempt, isInFlight } from '../../model/repair.ts'
import { repairTaintKey } from '../../repair/act/taint.ts'
import { fitsAny } from '../scenario/parts.ts'
import type { Counters, Expectation, Never } from '../scenario/schema.ts'
import { actedOn, look, newestOf, nodesNamed, type Stage } from './stage.ts'

/** What is not so: the words of the scenario, and what is there instead. */
export interface Mismatch {
  readonly field: string
  readonly wanted: string
  readonly found: string
  /** The node that it is about, whose record is shown. */
  readonly node?: string
}

/** Everything in an expectation that is not so now. */
export function mismatches(stage: Stage, expected: Expectation): readonly Mismatch[] {
  const present = look(stage)
  const out: Mismatch[] = []
  const compare = (field: string, wanted: unknown, found: unknown, node?: string): void => {
    if (wanted === undefined || wanted === found) return
    out.push({ field, wanted: String(wanted), found: String(found), ...(node !== undefined && { node }) })
  }
  for (const name of namesOf(stage, expected.nodes ?? [])) compareNode(stage, expected, name, compare)
  for (const [name, wanted] of Object.entries(expected.count ?? {})) {
    compare(`count.${name}`, wanted, countersOf(stage, present)[name as keyof Counters])
  }
  if (expected.event !== undefined && !stage.events.has(expected.event)) {
    compare('event', expected.event, [...stage.events].join(', ') || 'none')
  }
  if (expected.refused) compare('refused', expected.refused.toSorted().join(', '), refusedPolicies(stage).join(', '))
  return out
}

type Compare = (field: string, wanted: unknown, found: unknown, node?: string) => void

/** The names given, with those of nodes that fit a pattern; a name without a node stays, for it may be gone. */
function namesOf(stage: Stage, given: string | readonly string[]): readonly string[] {
  return [given].flat().flatMap((one) => {
    return one.includes('*') ? nodesNamed(stage, one).map(({ metadata }) => metadata.name) : [one]
  })
}

function compareNode(stage: Stage, expected: Expectation, name: string, compare: Compare): void {
  const record = newestOf(stage, name)
  const decision = record?.decision
  const node = stage.cluster.get('nodes', name)
  compare('exists', expected.exists, node !== undefined, name)
  compare('outcome', expected.outcome, decision?.outcome ?? 'none', name)
  compare('gate', expected.gate, decision?.decidedBy ?? 'none', name)
  compare('action', expected.action, record?.plan?.action ?? decision?.rule?.action ?? 'none', name)
  compare('policy', expected.policy, record?.plan?.policy ?? decision?.rule?.policy ?? 'none', name)
  compare('phase', expected.phase, record?.phase ?? 'none', name)
  for (const [gate, wanted] of Object.entries(expected.gates ?? {})) {
    compare(`gates.${gate}`, wanted, decision?.gates.find((one) => one.gate === gate)?.answer ?? 'not asked', name)
  }
  if (expected.says !== undefined && !textOf(record).includes(expected.says)) {
    compare('says', `a record with "${expected.says}"`, 'a record without', name)
  }
  compare('cordoned', expected.cordoned, at(node, 'spec', 'unschedulable') === true, name)
  const taints = listAt(node, 'spec', 'taints')
  compare(
    'tainted',
    expected.tainted,
    taints.some((one) => one.key === repairTaintKey),
    name,
  )
  const keys = taints.map((one) => String(one.key)).sort()
  compare('taints', expected.taints?.toSorted().join(', '), keys.join(', '), name)
  comparePods(expected, name, podsOn(stage, name), compare)
}

function comparePods(
  { pods, hasPods, lacksPods }: Expectation,
  name: string,
  there: readonly string[],
  compare: Compare,
) {
  const found = there.join(', ') || 'no pods'
  const isThere = (pattern: string): boolean => there.some((pod) => fitsAny(pod, pattern))
  if (pods && !(pods.every(isThere) && there.every((pod) => fitsAny(pod, pods))))
    compare('pods', pods.join(', '), found, name)
  const missing = (hasPods ?? []).filter((one) => !isThere(one))
  if (missing.length > 0) compare('hasPods', missing.join(', '), found, name)
  const extra = (lacksPods ?? []).filter(isThere)
  if (extra.length > 0) compare('lacksPods', extra.join(', '), found, name)
}

/** All words of a record, for people. */
export function textOf(record: Attempt | undefined): string {
  if (!record) return ''
  const gates = record.decision?.gates ?? []
  const blockers = record.drain?.blockers ?? []
  return [
    ...gates.flatMap(({ why, change = '' }) => [why, change]),
    ...record.phases.map(({ why }) => why),
    ...blockers.flatMap(({ pod, reason, budgets }) => [pod, reason, ...budgets]),
    ...(record.drain?.leftBehind ?? []),
    ...(record.drain?.lost ?? []),
    ...(record.drain?.notes ?? []),
    record.proof ?? '',
    record.trouble ?? '',
  ].join('\n')
}

function podsOn({ cluster }: Stage, node: string): readonly string[] {
  return cluster
    .list('pods')
    .filter((pod) => textAt(pod, 'spec', 'nodeName') === node && pod.metadata.deletionTimestamp === undefined)
    .map((pod) => pod.metadata.name)
}

function refusedPolicies({ cluster }: Stage): readonly string[] {
  const isRefused = (policy: ApiObject): boolean =>
    listAt(policy, 'status', 'conditions').some((one) => one.type === 'Accepted' && one.status === 'False')
  return cluster
    .list('repairpolicies')
    .filter(isRefused)
    .map(({ metadata }) => metadata.name)
}

type Count = { readonly [Name in keyof Counters]-?: number }

function countersOf(stage: Stage, present: readonly Attempt[]): Count {
  const all = [...stage.repairs.values()]
  const nodes = stage.cluster.list('nodes')
  const ended = (phase: string): number => all.filter((one) => one.phase === phase).length
  return {
    machines: all.filter(actedOn).length,
    started: all.filter(hasStarted).length,
    inFlight: present.filter(({ phase }) => isInFlight(phase)).length,
    succeeded: ended('Succeeded'),
    failed: ended('Failed'),
    cancelled: all.filter((one) => one.phase === 'Cancelled' && hasStarted(one)).length,
    blocked: present.filter(({ phase }) => phase === 'Blocked').length,
    records: present.length,
    nodes: nodes.length,
    ready: nodes.filter(isOpen).length,
  }
}

function hasStarted({ phases }: Attempt): boolean {
  return phases.some(({ phase }) => phase !== 'Pending' && phase !== 'Cancelled')
}

function isOpen(node: ApiObject): boolean {
  return isReady(node) && at(node, 'spec', 'unschedulable') !== true
}

/** What must not happen and is so now. */
export function breach(stage: Stage, never: Never): Mismatch | undefined {
  const present = look(stage)
  const counters = countersOf(stage, present)
  const all = [...stage.repairs.values()]
  const over = (field: 'machines' | 'inFlight'): Mismatch | undefined => {
    const limit = never[field]
    if (limit === undefined || counters[field] <= limit) return undefined
    return { field, wanted: `wanted at most ${limit}, found `, found: String(counters[field]) }
  }
  const one = (field: string, found: Attempt | undefined, text: string): Mismatch | undefined =>
    found && { field, wanted: '', found: `${text} ${found.nodeName}`, node: found.nodeName }
  const named = (names: string | readonly string[] | undefined, fits: (attempt: Attempt) => boolean) =>
    names === undefined ? undefined : all.find((attempt) => fitsAny(attempt.nodeName, names) && fits(attempt))
  const phased =
    never.phase === undefined
      ? undefined
      : all.find((attempt) => attempt.phases.some(({ phase }) => phase === never.phase))
  return (
    over('machines') ??
    over('inFlight') ??
    one('actedOn', named(never.actedOn, actedOn), 'acted on') ??
    one('started', named(never.started, hasStarted), 'a repair began on') ??
    one('phase', phased, `${never.phase} of`) ??
    tooFew(never.ready, counters.ready) ??
    deletedPod(stage, never.deleted ?? [])
  )
}

function tooFew(least: number | undefined, ready: number): Mismatch | undefined {
  if (least === undefined || ready >= least) return undefined
  return { field: 'ready', wanted: `wanted at least ${least}, found `, found: String(ready) }
}

function deletedPod({ cluster }: Stage, names: readonly string[]): Mismatch | undefined {
  const pods = cluster.list('pods').filter((pod) => pod.metadata.deletionTimestamp === undefined)
  const lost = names.find((name) => !pods.some((pod) => fitsAny(pod.metadata.name, name)))
  return lost === undefined ? undefined : { field: 'deleted', wanted: '', found: `pod ${lost} is gone or ends` }
}
