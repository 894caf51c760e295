/**
 * A modelled group of machines, as an autoscaling group is: it keeps its size, and a Node object that is deleted ends
 * its machine and brings a new one after a while.
 */
import { type Cluster, nameSuffix, newUid } from '../cluster.ts'
import { type ApiObject, type JsonObject, textAt } from '../json.ts'
import { builtinKind } from '../kinds.ts'
import { addressOf, type Model, ModelClient, Reconciler } from './reconciler.ts'

/** The label with the group of a node; providers recognise their nodes by it. */
export const nodeGroupLabel = 'nodemend.dev/node-group'

export interface NodeGroupOptions {
  readonly name: string
  /** Machines to keep. */
  readonly size: number
  /** From the loss of a node to its replacement's Node object, milliseconds. Default 5,000. */
  readonly replaceMs?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly capacity?: Readonly<Record<string, string>>
  readonly zones?: readonly string[]
  readonly taints?: readonly JsonObject[]
  /** The name of the next machine; the group's name and five letters when absent. */
  readonly nextName?: () => string
  /** False while the cloud has no machine to give; asked when one is due, and every ten seconds after that. */
  readonly hasMachines?: () => boolean
}

/** Until a cloud without machines is asked again. */
const askAgainMs = 10_000

const nodes = builtinKind('nodes')
const pods = builtinKind('pods')
const defaultCapacity = { cpu: '8', memory: '32Gi', pods: '110', 'ephemeral-storage': '100Gi' }

/** Starts the group: the first `size` nodes come at once, later ones `replaceMs` after a loss. */
export function startNodeGroup(cluster: Cluster, options: NodeGroupOptions): Model {
  const { name: group, size, replaceMs = 5_000, hasMachines = () => true } = options
  const { clock } = cluster
  const client = new ModelClient(cluster, 'cloud-controller-manager')
  /** When each missing machine's successor is due, oldest first. */
  let orders: number[] = []
  let launched = 0

  const members = (): readonly ApiObject[] =>
    client.list(nodes).filter((node) => node.metadata.labels?.[nodeGroupLabel] === group)

  const launch = (): void => {
    const body = machine(cluster, options, launched++)
    client.create(nodes, body)
  }

  const reconciler: Reconciler = new Reconciler(cluster, [nodes], () => {
    removeOrphans(client)
    const now = clock.monotonic()
    const present = members().length
    if (launched === 0) for (let count = present; count < size; count++) launch()
    const missing = Math.max(0, size - members().length)
    orders = orders.slice(0, missing)
    while (orders.length < missing) orders.push(now + replaceMs)
    for (const due of orders.filter((at) => at <= now)) {
      orders.splice(orders.indexOf(due), 1)
      if (hasMachines()) launch()
      else orders.push(now + askAgainMs)
    }
    const next = orders.length > 0 ? Math.min(...orders) : undefined
    if (next !== undefined) reconciler.wake(Math.max(1, next - now))
  })
  return reconciler
}

/** Pods end with the machine they ran on. */
function removeOrphans(client: ModelClient): void {
  const present = new Set(client.list(nodes).map((node) => node.metadata.name))
  for (const pod of client.list(pods)) {
    const node = textAt(pod, 'spec', 'nodeName')
    if (node !== '' && !present.has(node))
      client.delete(addressOf(pods, pod), { graceSeconds: 0, uid: pod.metadata.uid })
  }
}

function machine(cluster: Cluster, options: NodeGroupOptions, index: number): JsonObject {
  const { random } = cluster
  const { name: group, labels = {}, capacity = defaultCapacity, zones = [] } = options
  const name = options.nextName?.() ?? `${group}-${nameSuffix(random)}`
  const id = newUid(random).slice(0, 8)
  const zone = zones[index % Math.max(1, zones.length)]
  const address = `10.0.${Math.floor(index / 250) % 250}.${(index % 250) + 2}`
  return {
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        ...(zone === undefined ? {} : { 'topology.kubernetes.io/zone': zone }),
        ...labels,
        [nodeGroupLabel]: group,
      },
    },
    spec: { providerID: `embedded://${group}/${id}`, ...(options.taints && { taints: options.taints }) },
    status: {
      capacity,
      allocatable: capacity,
      addresses: [
        { type: 'InternalIP', address },
        { type: 'Hostname', address: name },
      ],
      nodeInfo: {
        machineID: id,
        systemUUID: newUid(random),
        bootID: newUid(random),
        kernelVersion: '6.12.0-embedded',
        osImage: 'Embedded Linux',
        containerRuntimeVersion: 'embedded://1.0',
        kubeletVersion: 'v1.36.3',
        kubeProxyVersion: '',
        operatingSystem: 'linux',
        architecture: 'amd64',
      },
    },
  }
}
