/** What a kubelet writes about its node and its pods. */
import type { Clock } from '../../telemetry/clock.ts'
import { timestamp } from '../cluster.ts'
import { type ApiObject, at, type Json, type JsonObject, listAt, textAt, withAt } from '../json.ts'
import { withCondition } from './conditions.ts'

const healthy: readonly (readonly [string, string, string])[] = [
  ['MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ['DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
]
/** The types that a kubelet writes. */
export const kubeletConditions: ReadonlySet<string> = new Set(['Ready', ...healthy.map(([type]) => type)])
const defaultCapacity: JsonObject = { cpu: '8', memory: '32Gi', pods: '110', 'ephemeral-storage': '100Gi' }
const podConditions = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady']

/** The node, ready and of some size. */
export function reported(node: ApiObject, clock: Clock): ApiObject {
  const now = timestamp(clock)
  let next = withAt(node, ['status', 'capacity'], at(node, 'status', 'capacity') ?? defaultCapacity)
  next = withAt(next, ['status', 'allocatable'], at(next, 'status', 'allocatable') ?? at(next, 'status', 'capacity'))
  for (const [type, reason, message] of healthy) {
    next = withCondition(next, { type, status: 'False', reason, message }, now, true)
  }
  const message = 'kubelet is posting ready status'
  return withCondition(next, { type: 'Ready', status: 'True', reason: 'KubeletReady', message }, now, true)
}

/** Every condition of the kubelet, as it stands. */
export function repeated(node: ApiObject, clock: Clock): ApiObject {
  const now = timestamp(clock)
  const own = (type: string): boolean => kubeletConditions.has(type)
  const conditions = listAt(node, 'status', 'conditions')
  const beaten = conditions.map((one) => (own(textAt(one, 'type')) ? { ...one, lastHeartbeatTime: now } : one))
  return withAt(node, ['status', 'conditions'], beaten)
}

/** The pod, running; undefined when it is not waiting to start. */
export function started(pod: ApiObject, clock: Clock): ApiObject | undefined {
  if (pod.metadata.deletionTimestamp !== undefined || textAt(pod, 'status', 'phase') !== 'Pending') return undefined
  const now = timestamp(clock)
  const ip = podAddress(pod)
  const containerStatuses = listAt(pod, 'spec', 'containers').map((container) => ({
    name: textAt(container, 'name'),
    image: textAt(container, 'image'),
    imageID: `embedded://${textAt(container, 'image')}`,
    containerID: `embedded://${pod.metadata.uid}/${textAt(container, 'name')}`,
    ready: true,
    started: true,
    restartCount: 0,
    state: { running: { startedAt: now } },
    lastState: {},
  }))
  const status: Json = {
    ...(at(pod, 'status') as JsonObject), // every stored pod has a status
    phase: 'Running',
    startTime: now,
    podIP: ip,
    podIPs: [{ ip }],
    containerStatuses,
  }
  let next = withAt(pod, ['status'], status)
  for (const type of podConditions) {
    next = withCondition(next, { type, status: 'True', reason: '', message: '' }, now)
  }
  return next
}

/** A stable address of the modelled pod network, from the pod's uid. */
function podAddress(pod: ApiObject): string {
  const digits = (pod.metadata.uid ?? '').replaceAll('-', '').slice(0, 6)
  const number = Number.parseInt(digits || '1', 16)
  return `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255 || 1}`
}
