/** What the controller says about a policy: whether it is well-formed, whether it is in force, and if not, what to change. */
import * as z from 'zod'
import { forbids } from '../../model/action.ts'
import type { Policy } from '../../model/policy.ts'
import { running } from '../decide/gates/provider.ts'
import { notCarried } from './carried.ts'
import { hazardsOf } from './hazards.ts'
import {
  describeError,
  type ParsedPolicies,
  type PolicyCondition,
  type PolicyError,
  type RepairPolicyObject,
} from './parse.ts'

/** Of a condition, as the CRD limits it. */
const longestMessage = 32_768

const condition = z.object({
  type: z.string().max(316),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: z.string().max(1024),
  message: z.string().max(longestMessage),
  lastTransitionTime: z.string().max(40),
  observedGeneration: z.int().min(0).optional(),
})

export const policyStatus = z.object({
  observedGeneration: z.int().min(0).optional(),
  conditions: z.array(condition).max(8).optional(),
})

export type PolicyStatus = z.output<typeof policyStatus>

/** What a policy is judged against. */
export interface PolicyContext {
  readonly parsed: ParsedPolicies
  /** As `inForce` answers it; undefined when nothing is. */
  readonly inForce: readonly Policy[] | undefined
  /** Names of the providers that this controller runs. */
  readonly providers: readonly string[]
  /** Condition types that some node carries; empty: no node is known. */
  readonly carried?: readonly string[]
}

type Said = Pick<PolicyCondition, 'status' | 'reason' | 'message'>

/**
 * The status `object` should have, or undefined when it already has it. `Accepted` is about this policy alone; `InForce`
 * says whether this version of it acts, which another policy may prevent: one bad policy refuses the whole set. `Safeguarded`
 * is False where it is accepted and yet turns a safeguard off.
 */
export function policyStatusFor(
  object: RepairPolicyObject,
  context: PolicyContext,
  now: number,
): PolicyStatus | undefined {
  const observedGeneration = object.metadata.generation ?? 0
  const said: readonly (Said & { readonly type: string })[] = [
    { type: 'Accepted', ...accepted(object, context.parsed) },
    { type: 'InForce', ...acting(object, context) },
    ...safeguarded(object, context.parsed),
  ]
  const known = said.map(({ type }) => object.status?.conditions?.find((one) => one.type === type))
  const same = said.every((next, index) => isSame(next, observedGeneration, known[index]))
  if (same && known.length === object.status?.conditions?.length) return undefined
  const stamp = new Date(now).toISOString()
  const conditions = said.map((next, index) => {
    const before = known[index]
    const lastTransitionTime = before?.status === next.status ? before.lastTransitionTime : stamp
    return { ...next, observedGeneration, lastTransitionTime }
  })
  return { observedGeneration, conditions }
}

function accepted({ metadata }: RepairPolicyObject, { errors }: ParsedPolicies): Said {
  const own = errors.filter((error) => error.policy === metadata.name)
  if (own.length > 0) return { status: 'False', reason: 'Invalid', message: mistakes(own) }
  return { status: 'True', reason: 'Valid', message: 'the policy is well-formed' }
}

/** Not said of a policy that cannot be read. */
function safeguarded(
  { metadata }: RepairPolicyObject,
  { readable }: ParsedPolicies,
): readonly (Said & { readonly type: string })[] {
  const policy = readable.find((one) => one.name === metadata.name)
  if (!policy) return []
  const off = hazardsOf(policy)
  if (off.length === 0) {
    return [{ type: 'Safeguarded', status: 'True', reason: 'SafeguardsOn', message: 'no field turns a safeguard off' }]
  }
  return [{ type: 'Safeguarded', status: 'False', reason: 'SafeguardsOff', message: off.join('; ') }]
}

function acting({ metadata }: RepairPolicyObject, { parsed, inForce, providers, carried = [] }: PolicyContext): Said {
  if (metadata.deletionTimestamp !== undefined) {
    return { status: 'False', reason: 'BeingDeleted', message: 'it is being deleted' }
  }
  const own = parsed.errors.some((error) => error.policy === metadata.name)
  const policy = inForce?.find((one) => one.name === metadata.name)
  const stays = policy ? `generation ${policy.generation} of it stays in force` : 'nothing of it is in force'
  if (own) return { status: 'False', reason: 'Invalid', message: `${stays} until its mistake is mended` }
  const held = parsed.errors.length > 0 ? `the last good set is in force, because ${culprits(parsed)}` : undefined
  if (policy !== undefined && policy.generation === (metadata.generation ?? 0)) {
    if (!forbids(policy.ladder) && policy.provider !== 'auto' && !providers.includes(policy.provider)) {
      const message = `it matches, but nothing is repaired: it names provider ${policy.provider}, and ${running(providers)}`
      return { status: 'False', reason: 'ProviderNotRun', message }
    }
    if (held) return { status: 'True', reason: 'LastGoodSetInForce', message: `it is in force as it stands; ${held}` }
    const missing = notCarried(policy, carried)
    if (missing)
      return {
        status: 'True',
        reason: 'ConditionNotCarried',
        message: `it is in force; ${missing}`.slice(0, longestMessage),
      }
    return { status: 'True', reason: 'InForce', message: 'it is in force' }
  }
  if (!inForce) {
    const message = `nothing is in force, because the set has not been good since the controller began: ${culprits(parsed)}`
    return { status: 'False', reason: 'NothingInForce', message }
  }
  const restraint = policy ? ', with every pause or lower mode of the present one' : ''
  return { status: 'False', reason: 'LastGoodSetInForce', message: `${stays}${restraint}; ${held ?? ''}` }
}

function culprits({ errors }: ParsedPolicies): string {
  const names = [...new Set(errors.map((error) => error.policy))].sort()
  const more = names.length > 1 ? ` and ${names.length - 1} more` : ''
  return `policy ${names[0] ?? ''}${more} has a mistake: ${mistakes(errors)}`
}

/** The rest of a condition's message needs some room, too. */
function mistakes(errors: readonly PolicyError[]): string {
  return errors
    .map(describeError)
    .join('; ')
    .slice(0, longestMessage / 2)
}

function isSame(next: Said, generation: number, known: PolicyCondition | undefined): boolean {
  if (known?.status !== next.status || known.observedGeneration !== generation) return false
  return known.reason === next.reason && known.message === next.message
}
