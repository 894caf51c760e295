/** Which policies are in force in a scenario: its own, those of RepairPolicy documents, or the default one. */
import { policySpec } from '../../repair/policy/schema.ts'

type Spec = Readonly<Record<string, unknown>>
export type Policies = Readonly<Record<string, Spec>>

/** The default policy of a file, and the policies of the RepairPolicy documents of all files. */
export interface Given {
  readonly policy?: Spec | undefined
  readonly documents: Policies
}

/** The name of the policy of a scenario that names none. */
const defaultName = 'default'

/** `own` laid over the default policy; null takes a field of it away. */
export function inForceIn(own: Policies | undefined, { policy, documents }: Given): Policies {
  if (own) return Object.fromEntries(Object.entries(own).map(([name, spec]) => [name, laidOver(policy ?? {}, spec)]))
  if (Object.keys(documents).length > 0) return documents
  return policy ? { [defaultName]: policy } : {}
}

function laidOver(under: Spec, over: Spec): Spec {
  return Object.fromEntries(Object.entries({ ...under, ...over }).filter(([, value]) => value !== null))
}

export const policyFields: readonly string[] = Object.keys(policySpec.shape)
