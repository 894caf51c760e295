/** What a scenario plays on: its cluster, its controller, and what has been seen of both. */
import type { ApiObject } from '../../embedded/json.ts'
import type { KubeObject } from '../../kube/api.ts'
import type { Attempt } from '../../model/repair.ts'
import { readAttempt } from '../../repair/attempt/record.ts'
import type { VirtualCluster } from '../cluster/virtual-cluster.ts'
import type { VirtualController } from '../cluster/virtual-controller.ts'
import { fitsAny } from '../scenario/parts.ts'

export interface Stage {
  readonly cluster: VirtualCluster
  readonly controller: VirtualController
  /** Reasons of the Events told so far. */
  readonly events: Set<string>
  /** Every repair as last seen, also of records that are gone. */
  readonly repairs: Map<string, Attempt>
}

/** What was read of each stored object: an object that is stored does not change. */
const read = new WeakMap<ApiObject, Attempt | undefined>()

/** Reads the NodeRepairs that exist into `repairs`. */
export function look({ cluster, repairs }: Stage): readonly Attempt[] {
  const present = cluster.list('noderepairs').flatMap((one) => {
    if (!read.has(one)) read.set(one, readAttempt(one as unknown as KubeObject)) // both are plain JSON
    return read.get(one) ?? []
  })
  for (const one of present) repairs.set(one.name, one)
  return present
}

/** The nodes whose names fit, in the order of their names. */
export function nodesNamed({ cluster }: Stage, names: string | readonly string[]): readonly ApiObject[] {
  return cluster.list('nodes').filter((node) => fitsAny(node.metadata.name, names))
}

/** The newest repair of the node of that name. */
export function newestOf({ repairs }: Stage, node: string): Attempt | undefined {
  const mine = [...repairs.values()].filter((one) => one.nodeName === node)
  return mine.sort((a, b) => b.createdAt - a.createdAt || b.number - a.number)[0]
}

/** True once the machine was taken away or rebooted, or may have been; not while the call is turned down. */
export function actedOn({ phases }: Attempt): boolean {
  return phases.some(({ phase }) => phase === 'Acting' || phase === 'Unknown')
}
