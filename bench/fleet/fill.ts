/** Fills an API server with nodes and pods, and goes on where an earlier run has stopped. */
import { type Api, type KubeObject, leases, nodes, pods, type Resource } from '../../src/kube/api.ts'
import { isKubeError } from '../../src/kube/errors.ts'
import { createObject, patchObject } from '../../src/kube/objects.ts'
import { systemClock } from '../../src/telemetry/clock.ts'
import { namespace, nodeBody, nodeName, podBody } from './bodies.ts'

export interface FleetSize {
  readonly nodes: number
  readonly pods: number
}

const namespaces: Resource = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false }
export const leaseNamespace = 'kube-node-lease'
/** Creates at once: more only wait in the server. */
const atOnce = 16
/** Between two lines of progress. */
const tellEveryMs = 10_000

/** Nodes whose kubelets renew a lease. */
export function leasesOf(nodeCount: number): number {
  return Math.min(nodeCount, 1_000)
}

/** Creates what is not there. Safe to repeat: what is there is counted, and the rest is created by name. */
export async function fill(api: Api, size: FleetSize, log: (line: string) => void): Promise<void> {
  for (const name of [namespace, leaseNamespace]) await createIfMissing(api, namespaces, { metadata: { name } })
  const [nodesThere, podsThere] = [await countOf(api, nodes), await countOf(api, pods, namespace)]
  log(`fleet: ${nodesThere} of ${size.nodes} nodes and ${podsThere} of ${size.pods} pods are there`)
  if (nodesThere < size.nodes) await inParallel('nodes', size.nodes, log, (index) => addNode(api, index))
  await inParallel('leases', leasesOf(size.nodes), log, (index) => createIfMissing(api, leases, leaseBody(index)))
  if (podsThere < size.pods) {
    const create = (index: number) => createIfMissing(api, pods, podBody(index, nodeName(index % size.nodes)))
    await inParallel('pods', size.pods, log, create)
  }
}

/** Objects of a kind, without reading them. */
export async function countOf(api: Api, resource: Resource, inNamespace?: string): Promise<number> {
  const query = { limit: 1 }
  const page = await api.request<{
    readonly items?: readonly unknown[]
    readonly metadata?: { readonly remainingItemCount?: number }
  }>({ verb: 'list', resource, ...(inNamespace !== undefined && { namespace: inNamespace }), query })
  return (page.items?.length ?? 0) + (page.metadata?.remainingItemCount ?? 0)
}

/** The server taints each new node as not ready, and no node controller runs here that would take that back. */
async function addNode(api: Api, index: number): Promise<void> {
  await createIfMissing(api, nodes, nodeBody(index))
  await patchObject(api, nodes, { name: nodeName(index) }, { spec: { taints: null } }, { type: 'merge' })
}

function leaseBody(index: number): KubeObject {
  const name = nodeName(index)
  const renewTime = new Date(systemClock.now()).toISOString().replace('Z', '000Z')
  return {
    metadata: { name, namespace: leaseNamespace },
    spec: { holderIdentity: name, leaseDurationSeconds: 40, renewTime },
  } as KubeObject // a Lease
}

async function createIfMissing(api: Api, resource: Resource, body: KubeObject): Promise<void> {
  try {
    await createObject(api, resource, body)
  } catch (error) {
    if (!isKubeError(error, 'NM_KUBE_EXISTS')) throw error
  }
}

/** Runs `one` for each number below `count`, some at once. */
export async function inParallel(
  what: string,
  count: number,
  log: (line: string) => void,
  one: (index: number) => Promise<void>,
  width = atOnce,
): Promise<void> {
  let next = 0
  let told = systemClock.monotonic()
  const worker = async (): Promise<void> => {
    while (next < count) {
      await one(next++)
      if (systemClock.monotonic() - told < tellEveryMs) continue
      told = systemClock.monotonic()
      log(`fleet: ${next} of ${count} ${what}`)
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
}
