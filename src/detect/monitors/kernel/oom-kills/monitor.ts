/** Kills for want of memory, of the machine and of cgroups: a second witness beside the lines of the kernel log. */
import { probeMonitor } from '../../probe.ts'
import { judgeOomKills } from './judge.ts'
import { readOomKills } from './read.ts'

export const oomKills = probeMonitor({
  name: 'oom-kills',
  conditions: ['KernelReady'],
  everyMs: 30_000,
  values: {
    recent: { unit: 'count', help: 'Processes killed for want of memory in the last ten minutes.' },
    'since-boot': { unit: 'count', help: 'Processes killed for want of memory since boot.', gaugeOnly: true },
  },
  keeps: true,
  look: ({ host, clock }, before) => readOomKills(host, clock.monotonic(), before),
  judge: judgeOomKills,
})
