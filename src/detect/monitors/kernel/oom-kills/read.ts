/** Kills for want of memory since boot: mm/oom_kill.c counts OOM_KILL, mm/vmstat.c prints it as `oom_kill` (4.13). */
import type { Host } from '../../../host/host.ts'
import { follow, type Trail } from '../../growth.ts'
import type { Look } from '../../probe.ts'

export const windowMs = 10 * 60_000

export function readOomKills(host: Host, at: number, before?: Trail): Look<Trail> {
  const read = host.read('proc/vmstat')
  if ('denied' in read) return { failed: read.denied }
  const kills = 'text' in read ? /^oom_kill (\d+)$/m.exec(read.text)?.[1] : undefined
  if (kills === undefined) return { absent: 'the kernel does not count kills for want of memory (4.13 and later do)' }
  return { sample: follow({ kills: Number(kills) }, at, windowMs, before) }
}
