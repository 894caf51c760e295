/**
 * Every action that changes something, and how it goes: the closed table. An action without its entry does not compile.
 * A new one: docs/how-to/add-an-action.md.
 */
import { type Intervention, interventions } from '../../model/action.ts'
import type { Plan } from '../../model/repair.ts'
import type { Actor, Provider } from '../../providers/provider.ts'
import type { ActionKind, OwnParts } from './action.ts'
import { powerCycle } from './powercycle/powercycle.ts'
import { reboot } from './reboot/reboot.ts'
import { replace } from './replace/replace.ts'
import { resetGpu } from './resetgpu/resetgpu.ts'
import { restartService } from './restartservice/restartservice.ts'

const kinds = {
  RestartService: restartService,
  ResetGPU: resetGpu,
  Reboot: reboot,
  PowerCycle: powerCycle,
  Replace: replace,
} as const satisfies Readonly<Record<Intervention, ActionKind>>

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
export function actorsAmong(providers: readonly Provider[], parts: OwnParts): FindActor {
  const own = new Map(ownActorsOf(parts))
  return ({ action, provider }) =>
    own.get(action) ?? providers.find((one) => one.name === provider && one.can.includes(action))
}

/** The own actions that these parts suffice for. */
export function ownActionsWith(parts: OwnParts): readonly Intervention[] {
  return ownActorsOf(parts).map(([action]) => action)
}

function ownActorsOf(parts: OwnParts): readonly (readonly [Intervention, Actor])[] {
  return ownActions.flatMap((action) => {
    const { by } = kindOf(action)
    const actor = by === 'provider' ? undefined : by(parts)
    return actor ? [[action, actor] as const] : []
  })
}
