/** A provider does what it was asked to, or nothing. */
import type { Intervention } from '../model/action.ts'
import type { Operation } from './provider.ts'

/** Throws unless the operation asks for one of `can`: nothing else is ever carried out in its place. */
export function onlyAction({ action, id }: Operation, ...can: readonly Intervention[]): void {
  if (!can.includes(action)) throw new Error(`${id} asks for ${action}, and this provider can ${can.join(' and ')}`)
}
