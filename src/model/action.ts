/** What can be done about a sick node, from the least disruptive to the most. */
import type { Service } from './on-node/order.ts'

/**
 * Every remedy, from the least to the most disruptive. `built`: this program carries it out, and a policy may ask for it;
 * `on-node`: it does so by a pod on the node; `advised`: the catalogue may name it for people.
 */
const known = {
  NoAction: 'built',
  RestartApp: 'advised',
  RestartService: 'on-node',
  ResetGPU: 'on-node',
  Reboot: 'built',
  PowerCycle: 'built',
  Replace: 'built',
} as const

/** What the catalogue may advise. */
export type Remedy = keyof typeof known

/** The remedies that are built. */
export type Action = { [Name in Remedy]: (typeof known)[Name] extends 'advised' ? never : Name }[Remedy]

/** An action that changes something: each has an entry in `repair/act/actions.ts`. */
export type Intervention = Exclude<Action, 'NoAction'>

/** In the order of {@link known}. */
export const remedies = Object.keys(known) as readonly Remedy[] // its keys, in the order of the literal
export const actions = remedies.filter((one): one is Action => known[one] !== 'advised')
export const interventions = actions.filter((one) => one !== 'NoAction')

/** True for an action of a pod on the node: it needs a kubelet that answers. */
export function isOnNode(action: Action): boolean {
  return known[action] === 'on-node'
}

/** What the catalogue suggests about one reason. */
export interface Suggestion {
  readonly remedy: Remedy
  /** What `RestartService` restarts; absent where no service is to blame. */
  readonly service?: Service
}

/** What is suggested, by the reason as it stands in a condition; a reason that is not there has no suggestion. */
export type Suggestions = ReadonlyMap<string, Suggestion>

/** One step of a policy's ladder. */
export interface Rung {
  readonly action: Action
  /** How often it may be tried on one node and its successors within a day, before the next rung follows. */
  readonly attempts: number
}

/** True when a ladder says that nothing is done. */
export function forbids(ladder: readonly Rung[]): boolean {
  return ladder.every((rung) => rung.action === 'NoAction')
}

/** The most disruptive action of a ladder. */
export function furthest(ladder: readonly Rung[]): Action {
  return actions.findLast((action) => ladder.some((rung) => rung.action === action)) ?? 'NoAction'
}

/** A ladder for people: `Reboot, then Replace`. */
export function ladderText(ladder: readonly Pick<Rung, 'action'>[]): string {
  return ladder.map((rung) => rung.action).join(', then ')
}
