/** What the nodes of a walk show, and how an event of a scenario happens there. */
import { kubeletAnnotation } from '../../../src/embedded/model/kubelet.ts'
import { happen } from '../../../src/simulate/play/happen.ts'
import { eventSchema } from '../../../src/simulate/scenario/event-schema.ts'
import { types, type World } from './world.ts'

/** Every fault that some node shows. */
export function sickIn(world: World): readonly { readonly name: string; readonly type: string }[] {
  return world.cluster
    .list('nodes')
    .flatMap(({ metadata: { name }, ...node }) =>
      ((node.status as { conditions?: { type: string; status: string }[] } | undefined)?.conditions ?? [])
        .filter((one) => (types as readonly string[]).includes(one.type) && one.status !== 'True')
        .map(({ type }) => ({ name, type })),
    )
}

/** Every fault is over. */
export function healAll(world: World): void {
  for (const { name, type } of sickIn(world)) {
    happenHere(world, { nodes: name, condition: `${type}=True`, reason: 'NoFault' })
  }
}

/** True while some node shows a fault. */
export function isSick(world: World): boolean {
  return sickIn(world).length > 0
}

/** The nodes whose kubelets are silent. */
export function stoppedIn(world: World): readonly string[] {
  const nodes = world.cluster.list('nodes')
  return nodes.flatMap(({ metadata }) =>
    metadata.annotations?.[kubeletAnnotation] === 'stopped' ? [metadata.name] : [],
  )
}

/** One event of a scenario. */
export function happenHere(world: World, event: object): void {
  const parsed = eventSchema.parse({ at: '0s', ...event })
  if (parsed.api === 'back' && !world.away) return
  if (parsed.api !== undefined) world.away = parsed.api === 'away'
  happen(world.stage, parsed)
}
