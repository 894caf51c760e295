/** Judges what the counters of Elastic Fabric Adapters grew by. The first look of a process knows no growth. */
import { type Growth, growthOf } from '../../growth.ts'
import type { Measured } from '../../limits.ts'
import { type EfaSample, portFiles, windowMs } from './read.ts'

type Value = 'errors' | 'retransmits-percent' | 'commands-lost' | 'commands-failed' | 'silent'

/** What is still normal on a busy port, in a second. */
const mostPerSecond = { retrans_bytes: 1e6, retrans_pkts: 1_000, retrans_timeout_events: 100 } as const
/** The device says that it lives about once a second; fewer looks than these say nothing. */
const leastSilenceMs = 2 * 60_000

export function judgeEfa({ ports, devices, trail }: EfaSample): readonly Measured<Value>[] {
  const grown = (name: string, file: string): Growth => growthOf(trail, `${name} ${file}`, windowMs)
  const has = (name: string, file: string): boolean => trail.counts[`${name} ${file}`] !== undefined
  return [
    ...ports.flatMap((device): readonly Measured<Value>[] => {
      const { tentative } = grown(device, portFiles.errors[0])
      const worst = portFiles.errors
        .map((counter) => ({ counter, amount: grown(device, counter).amount }))
        .reduce((one, other) => (other.amount > one.amount ? other : one))
      const shares = portFiles.retransmits.map((file) => {
        const { amount, overMs } = grown(device, file)
        return overMs === 0 ? 0 : (amount * 100_000) / overMs / mostPerSecond[file]
      })
      return [
        { value: 'errors', amount: worst.amount, device, parts: { counter: worst.counter }, tentative },
        { value: 'retransmits-percent', amount: Math.max(...shares), device, tentative },
      ]
    }),
    ...devices.flatMap((device): readonly Measured<Value>[] => {
      const lost = grown(device, 'no_completion_cmds')
      const failed = grown(device, 'cmds_err')
      const alive = grown(device, 'keep_alive_rcvd')
      return [
        { value: 'commands-lost', amount: lost.amount, device, tentative: lost.tentative },
        { value: 'commands-failed', amount: failed.amount, device, tentative: failed.tentative },
        ...(has(device, 'keep_alive_rcvd')
          ? [
              {
                value: 'silent' as const,
                amount: alive.amount === 0 && alive.overMs >= leastSilenceMs ? 1 : 0,
                device,
                tentative: alive.amount === 0,
              },
            ]
          : []),
      ]
    }),
  ]
}
