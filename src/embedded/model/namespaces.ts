/** Modelled bookkeeping: default service accounts, namespaces that end with their content, orphans that are removed. */
import type { Cluster } from '../cluster.ts'
import { type ApiObject, listAt, withAt } from '../json.ts'
import { builtinKind, type ServedKind } from '../kinds.ts'
import { isTerminating } from '../rules/plain.ts'
import { Hand, Loop, type Model, targetOf } from './loop.ts'

const namespaces = builtinKind('namespaces')
const accounts = builtinKind('serviceaccounts')

/** Starts the namespace controller: every namespace gets its `default` account, a deleted one is emptied first. */
export function startNamespaces(cluster: Cluster): Model {
  const hand = new Hand(cluster, 'kube-controller-manager')
  const contents = (): readonly ServedKind[] => cluster.kinds.all().filter((kind) => kind.namespaced)
  const loop: Loop = new Loop(cluster, [namespaces, accounts], () => {
    for (const namespace of hand.list(namespaces)) {
      const { name } = namespace.metadata
      if (!isTerminating(namespace)) {
        if (!hand.get(accounts, 'default', name)) hand.create(accounts, { metadata: { name: 'default' } }, name)
        continue
      }
      for (const kind of contents()) {
        for (const object of hand.list(kind, name)) hand.delete(targetOf(kind, object))
      }
      const empty = contents().every((kind) => hand.list(kind, name).length === 0)
      if (empty) release(cluster, hand, namespace)
      else loop.wake(1_000)
    }
  })
  return loop
}

function release(cluster: Cluster, hand: Hand, namespace: ApiObject): void {
  cluster.store.put('namespaces', withAt(namespace, ['spec'], {}))
  hand.delete(targetOf(namespaces, namespace))
}

const foreground = 'foregroundDeletion'
const orphan = 'orphan'

/** Starts the garbage collector: objects go with their owners, or are set free, as the deletion asked for. */
export function startGarbage(cluster: Cluster): Model {
  const hand = new Hand(cluster, 'kube-controller-manager')
  const watched = ['nodes', 'pods', 'replicasets', 'deployments', 'statefulsets', 'daemonsets', 'leases'].map(
    builtinKind,
  )
  return new Loop(cluster, watched, () => {
    const kinds = cluster.kinds.all().filter((kind) => kind.plural !== 'events')
    const everything = kinds.flatMap((kind) => hand.list(kind).map((object) => ({ kind, object })))
    const alive = new Map(everything.map(({ object }) => [object.metadata.uid ?? '', object]))
    for (const { kind, object } of everything) {
      const owners = listAt(object, 'metadata', 'ownerReferences')
      if (owners.length === 0) continue
      const left = owners.filter((owner) => alive.has(String(owner.uid)))
      const releasing = left.filter((owner) => alive.get(String(owner.uid))?.metadata.finalizers?.includes(orphan))
      const blocked = left.some((owner) => alive.get(String(owner.uid))?.metadata.finalizers?.includes(foreground))
      if (releasing.length > 0)
        setFree(
          hand,
          kind,
          object,
          releasing.map((owner) => String(owner.uid)),
        )
      else if (left.length === 0 || blocked) hand.delete(targetOf(kind, object), { uid: object.metadata.uid })
    }
    for (const { kind, object } of everything) finishOwner(hand, kind, object, everything)
  })
}

function setFree(hand: Hand, kind: ServedKind, object: ApiObject, owners: readonly string[]): void {
  hand.update(targetOf(kind, object), (live) => {
    const kept = listAt(live, 'metadata', 'ownerReferences').filter((one) => !owners.includes(String(one.uid)))
    return withAt(live, ['metadata', 'ownerReferences'], kept.length > 0 ? kept : undefined)
  })
}

function finishOwner(
  hand: Hand,
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
  hand.update(targetOf(kind, owner), (live) => {
    const kept = (live.metadata.finalizers ?? []).filter((name) => name !== foreground && name !== orphan)
    return withAt(live, ['metadata', 'finalizers'], kept.length > 0 ? kept : undefined)
  })
}
