/** RepairPolicy objects → policies. The set is taken whole or refused whole: half a set could be more aggressive than meant. */
import { RE2JS } from 're2js'
import type { KubeObject } from '../../kube/api.ts'
import { actions, type Rung } from '../../model/action.ts'
import { healthyStatus } from '../../model/condition.ts'
import type { DrainLimits, Policy, PolicyMatch, ReasonPattern } from '../../model/policy.ts'
import { ms, quantity } from './amounts.ts'
import { budgetOf, budgetRefusals, windowOf, windowRefusals } from './scheduled.ts'
import { mostAttempts, type PolicySpec, policySpec } from './schema.ts'

/** A RepairPolicy as the API holds it. */
export interface RepairPolicyObject extends KubeObject {
  readonly spec?: unknown
  readonly status?: { readonly observedGeneration?: number; readonly conditions?: readonly PolicyCondition[] }
}

export interface PolicyCondition {
  readonly type: string
  readonly status: 'True' | 'False'
  readonly reason: string
  readonly message: string
  readonly lastTransitionTime: string
  readonly observedGeneration?: number
}

/** What is wrong with one policy: which field, which value, and what to do about it. */
export interface PolicyError {
  readonly policy: string
  readonly field: string
  readonly value: string
  readonly remedy: string
}

export interface ParsedPolicies {
  readonly policies: readonly Policy[]
  /** Not empty: the whole set is refused and `policies` is empty. */
  readonly errors: readonly PolicyError[]
  /** Those without a mistake, whether the set is refused or not: their restraint counts. */
  readonly readable: readonly Policy[]
  /** Every policy that stands, with or without a mistake. */
  readonly names: ReadonlySet<string>
}

/** Parses and checks the whole set. Objects being deleted are left out. */
export function parsePolicies(objects: readonly RepairPolicyObject[]): ParsedPolicies {
  const errors: PolicyError[] = []
  const policies: Policy[] = []
  for (const object of objects) {
    if (object.metadata.deletionTimestamp !== undefined) continue
    const parsed = parsePolicy(object)
    if ('errors' in parsed) errors.push(...parsed.errors)
    else policies.push(parsed.policy)
  }
  policies.sort((a, b) => (a.name < b.name ? -1 : 1))
  const names = new Set([...policies.map((one) => one.name), ...errors.map((one) => one.policy)])
  return { policies: errors.length > 0 ? [] : policies, errors, readable: policies, names }
}

/** One sentence for a status condition, an Event or a terminal. */
export function describeError(error: PolicyError): string {
  return `policy ${error.policy}: ${error.field} is ${error.value}: ${error.remedy}`
}

function parsePolicy(object: RepairPolicyObject): { policy: Policy } | { errors: readonly PolicyError[] } {
  const name = object.metadata.name ?? ''
  const result = policySpec.safeParse(object.spec ?? {})
  if (!result.success) {
    return {
      errors: result.error.issues.map((issue) => ({
        policy: name,
        field: fieldText(issue.path),
        value: valueText(object.spec, issue.path),
        remedy: issue.message,
      })),
    }
  }
  const refusals = refusalsOf(result.data).map((refusal) => ({ policy: name, ...refusal }))
  if (refusals.length > 0) return { errors: refusals }
  return { policy: policyOf(name, object.metadata.generation ?? 0, result.data) }
}

/** What is wrong with taking this status of this condition for a sickness; undefined for a condition whose healthy status is not known. */
function healthTrouble({ condition, status }: PolicySpec['match'][number]): string | undefined {
  const healthy = healthyStatus(condition)
  if (status !== healthy) return undefined
  const sick = healthy === 'True' ? 'False' : 'True'
  return `${condition}=${status} is what a healthy node says, so every healthy node would match; write status: "${sick}"`
}

type Refusal = Omit<PolicyError, 'policy'>

/** What the schema cannot say. */
function refusalsOf(spec: PolicySpec): readonly Refusal[] {
  const refusals: Refusal[] = [
    ...ladderRefusals(spec),
    ...drainRefusals(spec),
    ...evidenceRefusals(spec),
    ...budgetRefusals(spec),
    ...windowRefusals(spec),
  ]
  for (const [index, match] of spec.match.entries()) {
    const healthy = healthTrouble(match)
    if (healthy) refusals.push({ field: `spec.match[${index}].status`, value: match.status, remedy: healthy })
    const trouble = match.reason === undefined ? undefined : patternTrouble(match.reason)
    if (match.reason !== undefined && trouble) {
      refusals.push({
        field: `spec.match[${index}].reason`,
        value: match.reason,
        remedy: `not an RE2 pattern: ${trouble}`,
      })
    }
  }
  return refusals
}

function evidenceRefusals({ evidence: { keep, claim } }: PolicySpec): readonly Refusal[] {
  if ((keep === 'Claim') === (claim !== undefined)) return []
  const remedy = keep === 'Claim' ? 'keep: Claim needs the name of one' : 'a claim is for keep: Claim'
  return [{ field: 'spec.evidence.claim', value: claim ?? 'missing', remedy }]
}

function ladderRefusals({ action, ladder }: PolicySpec): readonly Refusal[] {
  if (action !== undefined && ladder !== undefined) {
    const remedy = `write it once: remove spec.action, whose meaning is ladder: [{action: ${action}}]`
    return [{ field: 'spec.action', value: action, remedy }]
  }
  if (action === undefined && ladder === undefined) {
    return [
      { field: 'spec.ladder', value: 'missing', remedy: 'say what is done, for example ladder: [{action: Replace}]' },
    ]
  }
  const rungs = (ladder ?? []).map((rung) => rung.action)
  const wrong = rungs.findIndex(
    (one, index) => index > 0 && actions.indexOf(one) <= actions.indexOf(rungs[index - 1] ?? one),
  )
  if (wrong > 0) {
    const remedy = `each rung must be more disruptive than the one before it: ${actions.join(', ')}`
    return [{ field: `spec.ladder[${wrong}].action`, value: rungs[wrong] ?? '', remedy }]
  }
  if (rungs.length > 1 && rungs[0] === 'NoAction') {
    const remedy = 'a ladder that does nothing first never gets further: remove this rung, or the others'
    return [{ field: 'spec.ladder[0].action', value: 'NoAction', remedy }]
  }
  return []
}

/** A policy of version 0.1.0 has one action and no ladder. */
function ladderOf({ action = 'NoAction', ladder = [{ action }] }: PolicySpec): readonly Rung[] {
  return ladder.map((rung, index) => ({
    action: rung.action,
    attempts: rung.attempts ?? (index === ladder.length - 1 ? mostAttempts : 1),
  }))
}

function policyOf(name: string, generation: number, spec: PolicySpec): Policy {
  return {
    name,
    generation,
    mode: spec.mode,
    paused: spec.paused,
    nodeSelector: spec.nodeSelector,
    match: spec.match.map(matchOf),
    ...(spec.precedence !== 0 && { precedence: spec.precedence }),
    ...(spec.toleration !== undefined && { tolerationMs: ms(spec.toleration) }),
    ladder: ladderOf(spec),
    provider: spec.provider,
    drain: drainOf(spec.drain),
    ...evidenceOf(spec),
    budgets: spec.budgets.map(budgetOf),
    ...(spec.windows && { windows: spec.windows.flatMap(windowOf) }),
    breaker: {
      share: quantity(spec.breaker.share),
      rate: quantity(spec.breaker.rate),
      windowMs: ms(spec.breaker.window),
      minNodes: spec.breaker.minNodes,
    },
    restraint: { dwellMs: ms(spec.restraint.dwell), joinMs: ms(spec.restraint.join) },
  }
}

function drainOf(drain: PolicySpec['drain']): DrainLimits {
  const { gracePeriodSeconds, waitForJobs, volumes, saveState, leaveLoadBalancers, oneByOne } = drain
  return {
    timeoutMs: ms(drain.timeout),
    onTimeout: drain.onTimeout,
    pdb: drain.pdb,
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    blockedAfterMs: ms(drain.blockedAfter),
    ...(waitForJobs !== undefined && { waitForJobsMs: ms(waitForJobs) }),
    ...(volumes !== undefined && { volumesMs: ms(volumes) }),
    ...(saveState !== undefined && { saveStateMs: ms(saveState) }),
    ...(leaveLoadBalancers !== undefined && { leaveLoadBalancersMs: ms(leaveLoadBalancers) }),
    ...(oneByOne !== undefined && { oneByOne }),
  }
}

/** Every wait of a drain ends before the drain's own time is up: otherwise it could only fail. */
function drainRefusals({ drain }: PolicySpec): readonly Refusal[] {
  return (['waitForJobs', 'leaveLoadBalancers'] as const).flatMap((field) => {
    const value = drain[field]
    if (value === undefined || ms(value) < ms(drain.timeout)) return []
    const remedy = `write less than drain.timeout, which is ${drain.timeout}: pods leave only afterwards`
    return [{ field: `spec.drain.${field}`, value, remedy }]
  })
}

function evidenceOf({ evidence: { keep, claim, timeout } }: PolicySpec): Pick<Policy, 'evidence'> {
  if (keep === 'None') return {}
  return { evidence: { keep, ...(claim !== undefined && { claim }), timeoutMs: ms(timeout) } }
}

function matchOf({ condition, status, reason }: PolicySpec['match'][number]): PolicyMatch {
  return { condition, status, ...(reason !== undefined && { reason: patternOf(reason) }) }
}

/** Linear time whatever the pattern; the whole reason must match, so that `Xid7` is not `Xid79`. */
function patternOf(source: string): ReasonPattern {
  const pattern = RE2JS.compile(source)
  return { source, test: (reason) => pattern.matches(reason) }
}

function patternTrouble(source: string): string | undefined {
  try {
    RE2JS.compile(source)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function fieldText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => text + (typeof key === 'number' ? `[${key}]` : `.${String(key)}`), 'spec')
}

function valueText(spec: unknown, path: readonly PropertyKey[]): string {
  const value = path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], spec)
  return value === undefined ? 'missing' : JSON.stringify(value)
}
