/**
 * Every action that changes something, and how it goes: the closed table. An action without its entry does not compile.
 * A new one: docs/how-to/add-an-action.md.
 */
import { type Intervention, interventions } from '../../model/action.ts'
import type { Plan } from '../../model/repair.ts'
import type { Actor, Provider, ProviderParts } from '../../providers/provider.ts'
import type { ActionKind } from './action.ts'
import { reboot } from './reboot/reboot.ts'
import { replace } from './replace/replace.ts'

const kinds = { Reboot: reboot, Replace: replace } as const satisfies Readonly<Record<Intervention, ActionKind>>

/** How `action` goes. */
export function kindOf(action: Intervention): ActionKind {
  return kinds[action]
}

/** The actions that need no provider. */
export const ownActions: readonly Intervention[] = interventions.filter((action) => kindOf(action).by !== 'provider')

/** Stands for the provider in plans whose action needs none. */
export const noProvider = 'nodemend'

/** Who carries a plan out; undefined where its provider is not run. */
export type FindActor = (plan: Pick<Plan, 'action' | 'provider'>) => Actor | undefined

/** Finds the actor of a plan among `providers` and this program's own. */
export function actorsAmong(providers: readonly Provider[], parts: ProviderParts): FindActor {
  const own = new Map<Intervention, Actor>()
  for (const action of ownActions) {
    const { by } = kindOf(action)
    if (by !== 'provider') own.set(action, by(parts))
  }
  return ({ action, provider }) =>
    own.get(action) ?? providers.find((one) => one.name === provider && one.can.includes(action))
}
