/** The lock of medik8s: who holds the Lease `node-NAME` acts on the node, and the others wait. */
import { type Api, type KubeObject, leases } from '../../kube/api.ts'
import { isKubeError } from '../../kube/errors.ts'
import { createObject, deleteObject } from '../../kube/objects.ts'
import { shownText } from '../../model/shown.ts'
import { readIfThere } from '../objects.ts'

/** Where the operators of medik8s keep their locks, unless they are told otherwise. */
export const leaseNamespace = 'medik8s-leases'
const holder = 'nodemend'
/** Longer than a repair waits for a call to begin and for the machine to come back. */
const holdSeconds = 45 * 60

interface NodeLease extends KubeObject {
  readonly spec?: {
    readonly holderIdentity?: string
    readonly leaseDurationSeconds?: number
    readonly acquireTime?: string
    readonly renewTime?: string
  }
}

const nameOf = (nodeName: string): string => `node-${nodeName}`

interface Where {
  readonly api: Api
  readonly nodeName: string
  readonly timeoutMs: number
}

const readLease = ({ api, nodeName, timeoutMs }: Where) =>
  readIfThere<NodeLease>(api, leases, nameOf(nodeName), { namespace: leaseNamespace, timeoutMs })

/** Who else holds the node at the moment `now`, in words; undefined where nobody does. Rejects with KubeError. */
export async function heldBy(where: Where, now: number): Promise<string | undefined> {
  const lease = await readLease(where)
  return lease && foreignHolder(lease, now)
}

function foreignHolder({ spec = {}, metadata }: NodeLease, now: number): string | undefined {
  const { holderIdentity = '', leaseDurationSeconds = 0, renewTime = '' } = spec
  if (holderIdentity === '' || holderIdentity === holder) return undefined
  const until = Date.parse(renewTime) + leaseDurationSeconds * 1_000
  if (until <= now) return undefined // a time that cannot be read holds for ever: somebody is there
  const end = Number.isNaN(until) ? '' : ` until ${new Date(until).toISOString()}`
  return `${shownText(holderIdentity)} holds the Lease ${leaseNamespace}/${metadata.name ?? ''}${end}`
}

/**
 * Takes the lock. Rejects where somebody else holds it, and with KubeError. Without the namespace nobody takes part, and there is
 * nothing to hold.
 */
export async function takeLease(where: Where, node: { readonly uid: string }, now: number): Promise<void> {
  const { api, nodeName, timeoutMs } = where
  const lease = await readLease(where)
  if (lease) {
    const held = foreignHolder(lease, now)
    if (held) throw new Error(held)
    await dropLease(api, lease, timeoutMs)
  }
  const time = new Date(now).toISOString().replace('Z', '000Z') // MicroTime
  const body: NodeLease = {
    metadata: {
      name: nameOf(nodeName),
      namespace: leaseNamespace,
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid: node.uid }],
    },
    spec: { holderIdentity: holder, leaseDurationSeconds: holdSeconds, acquireTime: time, renewTime: time },
  }
  try {
    await createObject(api, leases, body, { timeoutMs })
  } catch (error) {
    if (!isKubeError(error, 'NM_KUBE_NOT_FOUND')) throw error
  }
}

/** Gives the lock back, where it is ours. Rejects with KubeError. */
export async function giveLease(where: Where): Promise<void> {
  const lease = await readLease(where)
  if (lease?.spec?.holderIdentity === holder) await dropLease(where.api, lease, where.timeoutMs)
}

async function dropLease(api: Api, { metadata }: NodeLease, timeoutMs: number): Promise<void> {
  const { name = '', uid = '', resourceVersion } = metadata
  const precondition = { uid, ...(resourceVersion !== undefined && { resourceVersion }) }
  await deleteObject(api, leases, { name, namespace: leaseNamespace }, { ...precondition, timeoutMs })
}
