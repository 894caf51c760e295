/** The connection tracking table: net/netfilter/nf_conntrack_standalone.c, `nf_conntrack_count` and `nf_conntrack_max`. */
import type { Host } from '../../../host/host.ts'
import type { Look } from '../../probe.ts'

export interface ConntrackSample {
  readonly entries: number
  readonly limit: number
}

const folder = 'proc/sys/net/netfilter'

/** Both files belong to the reader's network namespace, so the agent runs in the host's. */
export function readConntrack(host: Host): Look<ConntrackSample> {
  const [entries, limit] = [host.read(`${folder}/nf_conntrack_count`), host.read(`${folder}/nf_conntrack_max`)]
  if ('denied' in entries) return { failed: entries.denied }
  if ('denied' in limit) return { failed: limit.denied }
  if ('absent' in entries || 'absent' in limit) return { absent: 'connection tracking is not loaded' }
  const sample = { entries: Number(entries.text), limit: Number(limit.text) }
  if (!Number.isInteger(sample.entries) || !Number.isInteger(sample.limit))
    return { failed: 'nf_conntrack_count or nf_conntrack_max is not a number' }
  return { sample }
}
