/** Judges state, rate and error counters of InfiniBand and RoCE ports. */
import { growthOf } from '../../growth.ts'
import type { Measured } from '../../limits.ts'
import { type CounterFile, type Port, type RdmaSample, windowMs } from './read.ts'

export type RdmaValue =
  | 'infiniband-port-down'
  | 'roce-port-down'
  | 'rate-lost-percent'
  | 'device-missing'
  | 'card-without-driver'
  | CounterValue

/** What a counter grew by: in a second, a minute, or the ten minutes that are looked back on. */
const counters = {
  'link-downed': ['link_downed', windowMs],
  'link-recoveries-per-minute': ['link_error_recovery', 60_000],
  'symbol-errors-per-second': ['symbol_error', 1_000],
  'receive-errors-per-second': ['port_rcv_errors', 1_000],
  'integrity-errors': ['local_link_integrity_errors', windowMs],
  'buffer-overruns': ['excessive_buffer_overrun_errors', windowMs],
  'discards-per-second': ['port_xmit_discards', 1_000],
  'ack-timeouts-per-second': ['local_ack_timeout_err', 1_000],
  'receiver-not-ready': ['rnr_nak_retry_err', windowMs],
  'slow-restarts-per-second': ['roce_slow_restart', 1_000],
} as const satisfies Readonly<Record<string, readonly [CounterFile, number]>>

type CounterValue = keyof typeof counters
type One = readonly Measured<RdmaValue>[]

export function judgeRdma(sample: RdmaSample): One {
  const { ports, adapters, cards } = sample
  return [
    ...ports.flatMap((port) => [...stateOf(port), ...rateOf(port), ...countersOf(port, sample)]),
    ...adapters.map(({ name, missing }) => ({
      value: 'device-missing' as const,
      amount: missing === '' ? 0 : 1,
      device: name,
      parts: { missing },
    })),
    ...cards.map(({ address, bound }) => ({
      value: 'card-without-driver' as const,
      amount: bound ? 0 : 1,
      device: address,
    })),
  ]
}

/** A port that has never been active since this process began may be one without a cable. */
function stateOf({ name, layer, active, state, physical, wasActive }: Port): One {
  const value = layer === 'Ethernet' ? 'roce-port-down' : 'infiniband-port-down'
  const down = !active && wasActive
  return [{ value, amount: down ? 1 : 0, device: name, parts: { state, physical }, tentative: !active && !wasActive }]
}

/** Before the first change of rate it is unknown whether the port was faster once. */
function rateOf({ name, rate, fastest, slowest }: Port): One {
  if (rate === 0) return []
  const parts = { rate, fastest }
  const amount = 100 - (rate * 100) / fastest
  return [{ value: 'rate-lost-percent', amount, device: name, parts, tentative: fastest === slowest }]
}

function countersOf({ name }: Port, { trail }: RdmaSample): One {
  const values = Object.keys(counters) as readonly CounterValue[] // the keys of a literal
  return values.flatMap((value) => {
    const [file, perMs] = counters[value]
    const key = `${name} ${file}`
    if (trail.counts[key] === undefined) return []
    const { amount, overMs, tentative } = growthOf(trail, key, windowMs)
    const share = perMs === windowMs ? 1 : overMs === 0 ? 0 : perMs / overMs
    return [{ value, amount: amount * share, device: name, tentative }]
  })
}
