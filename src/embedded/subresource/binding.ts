/** `pods/<name>/binding`: the scheduler's decision. */
import { type Cluster, type ObjectAddress, timestamp, type WriteOptions } from '../cluster.ts'
import { badRequest, conflict, invalid, required } from '../failure.ts'
import { type ApiObject, type Json, type JsonObject, listAt, textAt, withAt } from '../json.ts'
import { storageKey } from '../kinds.ts'
import { liveObject } from '../write.ts'

/** Binds a pending pod to a node, once. Throws 404, 409 or 422. */
export function bindPod(cluster: Cluster, address: ObjectAddress, body: Json, options: WriteOptions): JsonObject {
  const named = textAt(body, 'metadata', 'name')
  if (named !== '' && named !== address.name) throw badRequest('name in URL does not match name in Binding object')
  const node = textAt(body, 'target', 'name')
  const subject = { group: '', plural: 'pods', kind: 'Binding' }
  if (node === '') throw invalid(subject, address.name, [required('target.name')])
  const pod = liveObject(cluster, address)
  refuseBound(address, pod, textAt(body, 'metadata', 'uid'))
  if (!options.dryRun) cluster.store.put(storageKey(address.kind), bound(cluster, pod, node))
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }
}

function refuseBound(address: ObjectAddress, pod: ApiObject, uid: string): void {
  const subject = { ...address.kind, plural: 'pods/binding' }
  if (uid !== '' && uid !== pod.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata.uid}`
    throw conflict(address.kind, address.name, why)
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    throw conflict(subject, address.name, `pod ${address.name} is being deleted, cannot be assigned to a host`)
  }
  const node = textAt(pod, 'spec', 'nodeName')
  if (node !== '') throw conflict(subject, address.name, `pod ${address.name} is already assigned to node "${node}"`)
}

/** The pod on its node, with the condition the real server adds. */
export function bound(cluster: Cluster, pod: ApiObject, node: string): ApiObject {
  const conditions = listAt(pod, 'status', 'conditions').filter((one) => one.type !== 'PodScheduled')
  const scheduled: JsonObject = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: timestamp(cluster.clock),
  }
  return withAt(withAt(pod, ['spec', 'nodeName'], node), ['status', 'conditions'], [...conditions, scheduled] as Json)
}
