/** Tells controllers that the kernel gave up from those that are not ready yet. */
import type { Measured } from '../../limits.ts'
import type { Controller } from './read.ts'

export function judgeNvme(controllers: readonly Controller[]): readonly Measured<'dead' | 'not-live'>[] {
  return controllers.flatMap(({ name, state, model, serial }) => {
    const dead = state === 'dead'
    const parts = { state, model, serial }
    return [
      { value: 'dead', amount: dead ? 1 : 0, device: name, parts },
      { value: 'not-live', amount: dead || state === 'live' ? 0 : 1, device: name, parts },
    ]
  })
}
