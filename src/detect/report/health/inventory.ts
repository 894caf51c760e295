/** The devices of the machine, with those that this process has seen before: what is lost must still have a name. */

import type { Host } from '../../host/host.ts'
import { readAccelerators } from '../../host/inventory/accelerators.ts'
import { readDisks } from '../../host/inventory/disks.ts'
import { readNics } from '../../host/inventory/nics.ts'
import type { Inventory } from './identity.ts'

/** `now`, and what was there before and is not any more. `keyOf` names the place of a device. */
export function withGone<T extends { readonly gone?: boolean }>(
  now: readonly T[],
  before: readonly T[],
  keyOf: (one: T) => string,
): readonly T[] {
  const there = new Set(now.map(keyOf))
  return [...now, ...before.filter((one) => !there.has(keyOf(one))).map((one) => ({ ...one, gone: true }))]
}

/** Returns a function that reads the devices of the machine each time it is called. */
export function inventoryOf(host: Host): () => Inventory {
  let known: Inventory = { accelerators: [], disks: [], nics: [] }
  return () => {
    known = {
      accelerators: withGone(readAccelerators(host), known.accelerators, ({ pci }) => pci),
      disks: withGone(readDisks(host), known.disks, ({ name }) => name),
      nics: withGone(readNics(host), known.nics, ({ name }) => name),
    }
    return known
  }
}
