/** Modelled namespace controller and garbage collector. */
import type { Cluster } from '../cluster.ts'
import { type ApiObject, listAt, withAt } from '../json.ts'
import { builtinKind, type ServedKind } from '../kinds.ts'
import { isTerminating } from '../rules/plain.ts'
import { addressOf, type Model, ModelClient, Reconciler } from './reconciler.ts'

const namespaces = builtinKind('namespaces')
const accounts = builtinKind('serviceaccounts')

/** Starts the namespace controller: every namespace gets its `default` account, a deleted one is emptied first. */
export function startNamespaces(cluster: Cluster): Model {
  const client = new ModelClient(cluster, 'kube-controller-manager')
  const contents = (): readonly ServedKind[] => cluster.kinds.all().filter((kind) => kind.namespaced)
  const reconciler: Reconciler = new Reconciler(cluster, [namespaces, accounts], () => {
    for (const namespace of client.list(namespaces)) {
      const { name } = namespace.metadata
      if (!isTerminating(namespace)) {
        if (!client.get(accounts, 'default', name)) client.create(accounts, { metadata: { name: 'default' } }, name)
        continue
      }
      for (const kind of contents()) {
        for (const object of client.list(kind, name)) client.delete(addressOf(kind, object))
      }
      const empty = contents().every((kind) => client.list(kind, name).length === 0)
      if (empty) release(cluster, client, namespace)
      else reconciler.wake(1_000)
    }
  })
  return reconciler
}

function release(cluster: Cluster, client: ModelClient, namespace: ApiObject): void {
  cluster.store.put('namespaces', withAt(namespace, ['spec'], {}))
  client.delete(addressOf(namespaces, namespace))
}

const foreground = 'foregroundDeletion'
const orphan = 'orphan'

/** Starts the garbage collector: it deletes or orphans the dependents of a deleted owner, as the deletion asked for. */
export function startGarbage(cluster: Cluster): Model {
  const client = new ModelClient(cluster, 'kube-controller-manager')
  const watched = ['nodes', 'pods', 'replicasets', 'deployments', 'statefulsets', 'daemonsets', 'leases'].map(
    builtinKind,
  )
  return new Reconciler(cluster, watched, () => {
    const kinds = cluster.kinds.all().filter((kind) => kind.plural !== 'events')
    const everything = kinds.flatMap((kind) => client.list(kind).map((object) => ({ kind, object })))
    const alive = new Map(everything.map(({ object }) => [object.metadata.uid ?? '', object]))
    for (const { kind, object } of everything) {
      const owners = listAt(object, 'metadata', 'ownerReferences')
      if (owners.length === 0) continue
      const left = owners.filter((owner) => alive.has(String(owner.uid)))
      const releasing = left.filter((owner) => alive.get(String(owner.uid))?.metadata.finalizers?.includes(orphan))
      const blocked = left.some((owner) => alive.get(String(owner.uid))?.metadata.finalizers?.includes(foreground))
      if (releasing.length > 0)
        setFree(
          client,
          kind,
          object,
          releasing.map((owner) => String(owner.uid)),
        )
      else if (left.length === 0 || blocked) client.delete(addressOf(kind, object), { uid: object.metadata.uid })
    }
    for (const { kind, object } of everything) finishOwner(client, kind, object, everything)
  })
}

function setFree(client: ModelClient, kind: ServedKind, object: ApiObject, owners: readonly string[]): void {
  client.update(addressOf(kind, object), (live) => {
    const kept = listAt(live, 'metadata', 'ownerReferences').filter((one) => !owners.includes(String(one.uid)))
    return withAt(live, ['metadata', 'ownerReferences'], kept.length > 0 ? kept : undefined)
  })
}

function finishOwner(
  client: ModelClient,
  kind: ServedKind,
  owner: ApiObject,
  everything: readonly { readonly object: ApiObject }[],
): void {
  const finalizers = owner.metadata.finalizers ?? []
  if (owner.metadata.deletionTimestamp === undefined) return
  if (!finalizers.includes(foreground) && !finalizers.includes(orphan)) return
  const { uid } = owner.metadata
  const dependents = everything.some(({ object }) =>
    listAt(object, 'metadata', 'ownerReferences').some((one) => one.uid === uid),
  )
  if (dependents) return
  client.update(addressOf(kind, owner), (live) => {
    const kept = (live.metadata.finalizers ?? []).filter((name) => name !== foreground && name !== orphan)
    return withAt(live, ['metadata', 'finalizers'], kept.length > 0 ? kept : undefined)
  })
}
