/** What may happen in a walk, one entry each: how often, and how. A step says which node or replica by a share, so that any list of steps can be played. */

import { ApiFailure } from '../../../src/embedded/failure.ts'
import type { ApiObject } from '../../../src/embedded/json.ts'
import { kubeletAnnotation } from '../../../src/embedded/model/kubelet.ts'
import { isFinished } from '../../../src/model/repair.ts'
import { applyObjects, Impossible } from '../../../src/simulate/play/happen.ts'
import { happenHere, sickIn, stoppedIn } from './events.ts'
import { attemptsIn } from './invariants.ts'
import { policySpec } from './policies.ts'
import { types, type World } from './world.ts'

export interface Step {
  readonly kind: Kind
  /** Seconds before it. */
  readonly after: number
  /** Which, from 0 to 1. */
  readonly pick: number
  /** How, from 0 to 1. */
  readonly how: number
}

/** kube-controller-manager waits this long for a silent kubelet. */
const silenceMs = 40_000

const chaos = {
  broken: 0.03,
  refused: 0.03,
  partial: 0.02,
  late: 0.03,
  killed: 0.004,
  cut: 0.05,
  lagging: 0.1,
  expired: 0.2,
}

type Play = (world: World, step: Step) => void

const kinds = {
  sick: [
    30,
    (world, step) =>
      tell(world, step, { condition: `${typeOf(step)}=False`, reason: `Fault${Math.floor(step.how * 3)}` }),
  ],
  sickMany: [3, (world, step) => sickMany(world, step)],
  blink: [4, (world, step) => blink(world, step)],
  heals: [6, (world, step) => healOne(world, step)],
  kubeletStops: [6, (world, step) => stopKubelet(world, nodeOf(world, step))],
  kubeletStarts: [4, (world, step) => startKubelet(world, step)],
  kubeletsStop: [
    1,
    (world, { pick }) => {
      for (const one of part(world, pick)) stopKubelet(world, one)
    },
  ],
  detectorStops: [2, (world, step) => tell(world, step, { detector: 'stops' })],
  detectorStarts: [2, (world, step) => tell(world, step, { detector: 'starts' })],
  cordon: [3, (world, step) => tell(world, step, { cordon: step.how < 0.7 })],
  foreignTaint: [3, (world, step) => tell(world, step, { taint: foreignTaints[Math.floor(step.how * 3)] })],
  foreignUntaint: [
    2,
    (world, step) => tell(world, step, { untaint: foreignTaints[Math.floor(step.how * 3)]?.split('=')[0] }),
  ],
  veto: [4, (world, step) => tell(world, step, { veto: step.how < 0.6 ? 'true' : '10m' })],
  unveto: [4, (world, step) => tell(world, step, { veto: 'false' })],
  approve: [10, (world, { how }) => aboutRepairs(world, how, { approve: 'person' })],
  retract: [2, (world, { how }) => aboutRepairs(world, how, { retract: true })],
  deleteRepair: [2, (world, { how }) => aboutRepairs(world, how, { deleteRepair: true })],
  forgive: [2, (world) => happenHere(world, { nodes: '*', forgive: 'person' })],
  deleteNode: [2, (world, step) => tell(world, step, { deleteNode: true })],
  recreateNode: [1, (world, step) => tell(world, step, { recreateNode: true })],
  reboot: [2, (world, step) => tell(world, step, { reboot: true })],
  untaintOurs: [1, (world, step) => tell(world, step, { untaint: 'nodemend.dev/repairing' })],
  budgetTight: [3, (world) => guardPods(world)],
  budgetGone: [3, (world) => unguardPods(world)],
  cloudEmpty: [1, (world) => happenHere(world, { cloud: 'empty' })],
  cloudGives: [3, (world) => happenHere(world, { cloud: 'gives' })],
  newcomersSick: [2, (world) => happenHere(world, { newcomers: 'KernelReady=False', groups: 'pool' })],
  newcomersWell: [4, (world) => happenHere(world, { newcomers: 'KernelReady=gone', groups: 'pool' })],
  apiAway: [2, (world) => happenHere(world, { api: 'away' })],
  apiBack: [6, (world) => happenHere(world, { api: 'back' })],
  refuse: [4, (world, { pick }) => refuse(world, pick)],
  stopRefusing: [4, (world) => happenHere(world, { stopRefusing: true })],
  chaos: [6, (world, { how }) => world.setChaos(scaled(how))],
  order: [6, (world) => world.calm()],
  kill: [6, (world, { pick }) => world.lives[half(pick)]?.kill()],
  start: [
    8,
    (world) => {
      for (const life of world.lives) life.start()
    },
  ],
  hold: [4, (world, { pick, how }) => world.hold(half(pick), how * 60_000)],
  clock: [2, (world, { pick, how }) => world.setClock(half(pick), (how - 0.5) * 7_200_000)],
  pause: [1, (world) => happenHere(world, { pause: 'a person pauses' })],
  unpause: [4, (world) => happenHere(world, { pause: 'off' })],
  policy: [3, (world, { pick, how }) => happenHere(world, { policies: { [policyName(pick)]: policySpec(how) } })],
  policyGone: [0.3, (world, { pick }) => happenHere(world, { policies: { [policyName(pick)]: null } })],
} as const satisfies Record<string, readonly [number, Play]>
export type Kind = keyof typeof kinds
export const kindNames = Object.keys(kinds) as readonly Kind[] // the keys of the literal

const foreignTaints = [
  'example.com/hold=us:NoSchedule',
  'ToBeDeletedByClusterAutoscaler=1:NoSchedule',
  'example.com/soft=x:PreferNoSchedule',
] as const
const weights = kindNames.map((kind) => kinds[kind][0])
const total = weights.reduce((sum, one) => sum + one, 0)

/** The kind at a share of all weights. */
export function kindAt(share: number): Kind {
  let left = share * total
  for (const [index, kind] of kindNames.entries()) {
    left -= weights[index] ?? 0
    if (left < 0) return kind
  }
  return 'sick'
}

/** Makes it happen; what cannot happen now does not. */
export function play(world: World, step: Step): void {
  try {
    kinds[step.kind][1](world, step)
  } catch (error) {
    if (!(error instanceof Impossible || error instanceof ApiFailure)) throw error
  }
}

export function policyName(pick: number): string {
  return `policy-${Math.floor(pick * 3)}`
}

function half(pick: number): number {
  return pick < 0.5 ? 0 : 1
}

function typeOf({ how }: Step): string {
  return types[Math.floor(how * how * types.length)] ?? types[0]
}

function nodeOf(world: World, { pick }: Pick<Step, 'pick'>): ApiObject | undefined {
  const nodes = world.cluster.list('nodes')
  return nodes[Math.floor(pick * nodes.length)]
}

function part(world: World, pick: number): readonly ApiObject[] {
  const nodes = world.cluster.list('nodes')
  return nodes.slice(0, Math.ceil(pick * nodes.length))
}

function tell(world: World, step: Step, event: object): void {
  const node = nodeOf(world, step)
  if (node) happenHere(world, { nodes: node.metadata.name, ...event })
}

function sickMany(world: World, { pick, how }: Step): void {
  for (const { metadata } of part(world, pick * 0.6)) {
    happenHere(world, { nodes: metadata.name, condition: `${types[Math.floor(how * 3)]}=False`, reason: 'Everywhere' })
  }
}

/** True and False in turn, as a loose cable makes it. */
function blink(world: World, step: Step): void {
  const name = nodeOf(world, step)?.metadata.name
  const { clock } = world.cluster
  for (let turn = 0; turn < 10 && name !== undefined; turn++) {
    const status = turn % 2 === 0 ? 'False' : 'True'
    clock.after(turn * step.how * 30_000, () =>
      later(world, () => happenHere(world, { nodes: name, condition: `StorageReady=${status}`, reason: 'Blinks' })),
    )
  }
}

function later(world: World, step: () => void): void {
  try {
    if (!world.ended) step()
  } catch (error) {
    if (!(error instanceof Impossible || error instanceof ApiFailure)) throw error
  }
}

function healOne(world: World, { pick }: Step): void {
  const sick = sickIn(world)
  const one = sick[Math.floor(pick * sick.length)]
  if (one) happenHere(world, { nodes: one.name, condition: `${one.type}=True`, reason: 'NoFault' })
}

function stopKubelet(world: World, node: ApiObject | undefined): void {
  if (!node) return
  const { name } = node.metadata
  happenHere(world, { nodes: name, kubelet: 'stops' })
  world.cluster.clock.after(silenceMs, () => {
    const now = world.cluster.get('nodes', name)
    if (now?.metadata.annotations?.[kubeletAnnotation] !== 'stopped') return
    later(world, () =>
      happenHere(world, { nodes: name, condition: 'Ready=Unknown', reason: 'NodeStatusUnknown', heartbeat: false }),
    )
  })
}

function startKubelet(world: World, { pick }: Step): void {
  const stopped = stoppedIn(world)
  const one = stopped[Math.floor(pick * stopped.length)]
  if (one) happenHere(world, { nodes: one, kubelet: 'starts' })
}

function aboutRepairs(world: World, how: number, event: object): void {
  const open = attemptsIn(world.cluster).filter((one) => !isFinished(one.phase))
  const one = open[Math.floor(how * open.length)]
  if (one) happenHere(world, { nodes: one.nodeName, ...event })
}

function guardPods(world: World): void {
  const budget = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'tight', namespace: 'default' },
  }
  applyObjects(world.stage, {
    ...budget,
    ...{ spec: { minAvailable: '100%', selector: { matchLabels: { app: 'web' } } } },
  })
}

function unguardPods(world: World): void {
  const found = world.cluster.get('poddisruptionbudgets', 'tight', 'default')
  if (found) world.cluster.remove('poddisruptionbudgets', found)
}

const refusable = [
  'evict pods',
  'delete nodes',
  'list leases',
  'get nodes',
  'patch nodes',
  'update noderepairs',
  'list pods',
  'get leases',
  'create noderepairs',
  'update leases',
] as const

function refuse(world: World, pick: number): void {
  const call = refusable[Math.floor(pick * refusable.length)]
  const status = [403, 429, 500, 409][Math.floor(pick * 997) % 4]
  happenHere(world, { refuse: { call, status, times: 1 + (Math.floor(pick * 7919) % 60) } })
}

function scaled(how: number): typeof chaos {
  const factor = 0.2 + how * how * 2
  return Object.fromEntries(
    Object.entries(chaos).map(([name, share]) => [name, Math.min(0.5, share * factor)]),
  ) as typeof chaos // the same keys
}

/** What was in the way is taken away: people, clouds, budgets and connections. */
export function clearTheWay(world: World): void {
  world.calm()
  for (const event of [
    { api: 'back' },
    { stopRefusing: true },
    { cloud: 'gives' },
    { pause: 'off' },
    { newcomers: 'KernelReady=gone', groups: 'pool' },
  ]) {
    happenHere(world, event)
  }
  happenHere(world, { nodes: '*', veto: 'false' })
  happenHere(world, { nodes: '*', detector: 'starts' })
  for (const taint of foreignTaints) happenHere(world, { nodes: '*', untaint: taint.split('=')[0] })
  happenHere(world, { nodes: '*', cordon: false })
  for (const name of stoppedIn(world)) happenHere(world, { nodes: name, kubelet: 'starts' })
  unguardPods(world)
  for (const life of world.lives) life.start()
}
