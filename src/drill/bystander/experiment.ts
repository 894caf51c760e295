/**
 * A Chaos Mesh experiment as a drill: from its status, the Events and the conditions of the nodes on which its targets
 * are. Pure: each observation gives new facts.
 */
import type { KubeObject } from '../../kube/api.ts'
import type { DrillResult, ReportedStage } from '../score/score.ts'
import type { SeenCondition, SeenEvent, SeenFinding } from '../watch/facts.ts'
import { type DrillStage, drillStages } from '../watch/stages.ts'
import type { ExperimentKind } from './kinds.ts'

/** An experiment as Chaos Mesh 2 writes it. */
export interface ExperimentObject extends KubeObject {
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
    readonly experiment?: {
      readonly desiredPhase?: string
      /** `id` is `namespace/pod` or `namespace/pod/container`. */
      readonly containerRecords?: readonly { readonly id?: string; readonly phase?: string }[]
    }
  }
}

/** A pod that the experiment acts on. */
export interface Target {
  readonly node: string
  /** Its label `k8s-app`. */
  readonly app?: string
}

export interface ExperimentFacts {
  readonly kind: ExperimentKind
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly targets: readonly Target[]
  readonly injectedAt?: number
  readonly recoveredAt?: number
  readonly findings: readonly SeenFinding[]
  readonly condemned: readonly { readonly at: number; readonly what: string; readonly reason: string }[]
}

export function newExperiment(kind: ExperimentKind, { metadata }: ExperimentObject): ExperimentFacts {
  const { namespace = '', name = '', uid = '' } = metadata
  return { kind, namespace, name, uid, targets: [], findings: [], condemned: [] }
}

/** The pods of its records, as `namespace/name`. */
export function podsOf({ status }: ExperimentObject): readonly string[] {
  const ids = (status?.experiment?.containerRecords ?? []).flatMap(({ id = '' }) => {
    const [namespace, name] = id.split('/')
    return namespace && name ? [`${namespace}/${name}`] : []
  })
  return [...new Set(ids)]
}

/** True while it acts: every target is injected, and none has recovered. */
export function isRunning(object: ExperimentObject): boolean {
  return (
    says(object, 'AllInjected') && !says(object, 'AllRecovered') && object.status?.experiment?.desiredPhase === 'Run'
  )
}

function says({ status }: ExperimentObject, type: string): boolean {
  return status?.conditions?.some((one) => one.type === type && one.status === 'True') ?? false
}

/** Its status has changed; `targets` are those of its pods that are found. */
export function seeExperiment(
  facts: ExperimentFacts,
  object: ExperimentObject,
  targets: readonly Target[],
  at: number,
): ExperimentFacts {
  const known = [...facts.targets, ...targets].filter(
    (one, index, all) => all.findIndex(({ node, app }) => node === one.node && app === one.app) === index,
  )
  const injectedAt = facts.injectedAt ?? (isRunning(object) ? at : undefined)
  const over =
    injectedAt !== undefined && (says(object, 'AllRecovered') || object.metadata.deletionTimestamp !== undefined)
  const recoveredAt = facts.recoveredAt ?? (over ? at : undefined)
  return {
    ...facts,
    targets: known,
    ...(injectedAt !== undefined && { injectedAt }),
    ...(recoveredAt !== undefined && { recoveredAt }),
  }
}

/** It was deleted, and Chaos Mesh recovers what it deletes. */
export function seeExperimentGone(facts: ExperimentFacts, at: number): ExperimentFacts {
  return { ...facts, recoveredAt: facts.recoveredAt ?? at }
}

const findingText = /^([A-Z][A-Za-z0-9]{2,63}): (?!over: |expired: |recovered)(.*)$/s

/** An Event of the agent about `node`. Injected lines are somebody else's drill. */
export function seeNodeEvent(facts: ExperimentFacts, node: string, event: SeenEvent, at: number): ExperimentFacts {
  const [, reason, message] = findingText.exec(event.message) ?? []
  const { injectedAt } = facts
  const isOurs =
    facts.targets.some((target) => target.node === node) &&
    !/\((?:injected by drill|written from user space)/.test(event.message)
  if (reason === undefined || message === undefined || !isOurs || injectedAt === undefined) return facts
  if (event.lastAt < Math.floor(injectedAt / 1000) * 1000 || facts.recoveredAt !== undefined) return facts
  if (facts.findings.some((one) => one.reason === reason)) return facts
  return { ...facts, findings: [...facts.findings, { reason, message, condition: event.reason, type: event.type, at }] }
}

/** Conditions of `node`; those that were False before the experiment are not asked about. */
export function seeNodeConditions(
  facts: ExperimentFacts,
  node: string,
  turned: readonly SeenCondition[],
  at: number,
): ExperimentFacts {
  if (facts.injectedAt === undefined || facts.recoveredAt !== undefined) return facts
  if (!facts.targets.some((target) => target.node === node)) return facts
  const more = turned
    .map(({ type, reason }) => ({ at, what: `${node}: ${type}=False ${reason}`, reason }))
    .filter(({ what }) => !facts.condemned.some((one) => one.what === what))
  return more.length === 0 ? facts : { ...facts, condemned: [...facts.condemned, ...more] }
}

/** What the experiment is worth as a drill, as of now. */
export function experimentResult(facts: ExperimentFacts): DrillResult {
  const { kind, namespace, name, uid, targets, injectedAt } = facts
  const stages = drillStages.map((stage): ReportedStage => ({ stage, ...judges[stage](facts) }))
  const unexpected = facts.findings.filter(({ reason }) => !expected(facts).includes(reason))
  return {
    id: uid.slice(0, 8),
    reason: required(facts).join(', ') || kind.resource.kind,
    condition: facts.findings[0]?.condition ?? '-',
    severity: 'warning',
    injection: `${kind.resource.kind} ${namespace}/${name}`,
    node: [...new Set(targets.map(({ node }) => node))].join(', ') || '-',
    mode: 'Enforce',
    ...(injectedAt !== undefined && { injectedAt: new Date(injectedAt).toISOString() }),
    passed: stages.every(({ verdict }) => verdict !== 'failed'),
    stages,
    falseFindings: [],
    beside: unexpected.map((one) => `${one.reason}: ${one.message}`),
  }
}

/** What the node has to show, because a pod that it needs is a target. */
function required({ kind, targets }: ExperimentFacts): readonly string[] {
  return [...new Set(targets.flatMap(({ app }) => (app === undefined ? [] : (kind.must[app] ?? []))))]
}

function expected(facts: ExperimentFacts): readonly string[] {
  return [...required(facts), ...facts.kind.may]
}

type Judged = Omit<ReportedStage, 'stage'>

const notAsked = (what: string): Judged => ({ verdict: 'not-asked', what })
const noDecision = 'whether anything is decided is the policy’s affair: the evidence is real'

const judges: Readonly<Record<DrillStage, (facts: ExperimentFacts) => Judged>> = {
  injected: ({ injectedAt, kind }) =>
    injectedAt === undefined
      ? { verdict: 'failed', what: `${kind.resource.kind} has not injected` }
      : { verdict: 'passed', afterMs: 0, what: 'AllInjected' },
  detected: judgeDetected,
  reason: judgeDetected,
  event: judgeDetected,
  severity: () => notAsked('the experiment does not say how grave it is'),
  condition(facts) {
    const wrong = facts.condemned.find(({ reason }) => !expected(facts).includes(reason))
    if (wrong)
      return {
        verdict: 'failed',
        ...after(facts, wrong.at),
        what: `${wrong.what}, which such an experiment does not bring about`,
      }
    return { verdict: 'passed', what: facts.condemned[0]?.what ?? 'no condition of its nodes turned False' }
  },
  decision: () => notAsked(noDecision),
  repaired: () => notAsked(noDecision),
  proven: () => notAsked(noDecision),
  cleaned: (facts) =>
    facts.recoveredAt === undefined
      ? { verdict: 'failed', what: 'not recovered yet' }
      : { verdict: 'passed', ...after(facts, facts.recoveredAt), what: 'AllRecovered' },
}

function judgeDetected(facts: ExperimentFacts): Judged {
  const wanted = required(facts)
  const seen = facts.findings.find(({ reason }) => (wanted.length > 0 ? wanted : expected(facts)).includes(reason))
  if (seen) return { verdict: 'passed', ...after(facts, seen.at), what: `${seen.reason}: ${seen.message}` }
  if (wanted.length > 0) return { verdict: 'failed', what: `not seen: ${wanted.join(', ')}` }
  return notAsked('its targets are no part of the node: the node need not show it')
}

function after({ injectedAt = 0 }: ExperimentFacts, at: number): { readonly afterMs: number } {
  return { afterMs: Math.max(0, Math.round(at - injectedAt)) }
}
