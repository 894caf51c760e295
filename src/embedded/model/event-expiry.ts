/** Deletes Events after an hour, as a real server does, so that a long demo does not fill the memory. */
import type { Cluster } from '../cluster.ts'
import { textAt } from '../json.ts'
import { builtinKind } from '../kinds.ts'
import { addressOf, type Model, ModelClient, Reconciler } from './reconciler.ts'

const events = builtinKind('events')
const sweepEveryMs = 60_000

/** Starts the expiry. `lifetimeMs` counts from an event's last occurrence; default one hour. */
export function startEventExpiry(cluster: Cluster, lifetimeMs = 3_600_000): Model {
  const client = new ModelClient(cluster, 'kube-apiserver')
  const reconciler: Reconciler = new Reconciler(cluster, [], () => {
    const oldest = cluster.clock.now() - lifetimeMs
    for (const event of client.list(events)) {
      const stamps = [
        textAt(event, 'series', 'lastObservedTime'),
        textAt(event, 'lastTimestamp'),
        event.metadata.creationTimestamp ?? '',
      ]
      const last = Math.max(...stamps.map((stamp) => Date.parse(stamp) || 0))
      if (last < oldest) client.delete(addressOf(events, event))
    }
    reconciler.wake(sweepEveryMs)
  })
  return reconciler
}
