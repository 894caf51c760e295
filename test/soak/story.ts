/** Reads the server's history for the judges. */

import type { ApiObject } from '../../src/embedded/json.ts'
import { nodeGroupLabel } from '../../src/embedded/model/node-group.ts'
import type { Store } from '../../src/embedded/store.ts'
import { agentNode, fatalCondition, type Written } from './faults.ts'
import { conditionsOf, historyOf } from './history.ts'
import type { AgentStory, ControllerStory, RepairSeen } from './judge.ts'
import type { Sick } from './sick-nodes.ts'
import { pool } from './site.ts'

const repairs = 'noderepairs.nodemend.dev'
/** The agent's conditions; those of the modelled kubelet do not count. */
const ownConditions = /^(Kernel|Networking|Storage|ContainerRuntime|AcceleratedHardware)Ready$/

export function agentStory(store: Store, { warnings, fatals }: Written): AgentStory {
  const events = store.list('events').map((event) => event as ApiObject & EventBody) // as the agent wrote them
  return {
    warnings,
    fatals,
    fatalCondition,
    events: events
      .filter((event) => event.involvedObject.name === agentNode)
      .map(({ message, count }) => ({ message, count })),
    states: historyOf(store, 'nodes')
      .filter(({ object }) => object.metadata.name === agentNode)
      .map(({ object }) => conditionsOf(object).filter(({ type }) => ownConditions.test(type))),
  }
}

export function controllerStory(
  store: Store,
  sick: readonly Sick[],
  evictions: Readonly<Record<string, number>>,
): ControllerStory {
  const inPool = (node: ApiObject): boolean => node.metadata.labels?.[nodeGroupLabel] === pool.name
  return {
    sick,
    evictions,
    poolSize: pool.size,
    repairs: repairsSeen(store),
    deleted: historyOf(store, 'nodes')
      .filter(({ type, object }) => type === 'DELETED' && inPool(object))
      .map(({ object }) => object.metadata.uid ?? ''),
    remaining: store
      .list('nodes')
      .filter(inPool)
      .map((node) => {
        const spec = (node.spec ?? {}) as NodeSpec // of a Node
        const taints = (spec.taints ?? []).map(({ key }) => key)
        return { name: node.metadata.name, taints, cordoned: spec.unschedulable === true }
      }),
  }
}

function repairsSeen(store: Store): RepairSeen[] {
  const seen = new Map<string, { nodeUid: string; phases: Set<string> }>()
  for (const { object } of historyOf(store, repairs)) {
    const { spec, status } = object as ApiObject & RepairBody // as our CRD's schema has it
    const one = seen.get(object.metadata.name) ?? { nodeUid: spec.nodeUID, phases: new Set() }
    if (status?.phase) one.phases.add(status.phase)
    seen.set(object.metadata.name, one)
  }
  return [...seen].map(([name, { nodeUid, phases }]) => ({ name, nodeUid, phases: [...phases] }))
}

interface EventBody {
  readonly message: string
  readonly count: number
  readonly involvedObject: { readonly name: string }
}

interface NodeSpec {
  readonly taints?: readonly { readonly key: string }[]
  readonly unschedulable?: boolean
}

interface RepairBody {
  readonly spec: { readonly nodeUID: string }
  readonly status?: { readonly phase?: string }
}
