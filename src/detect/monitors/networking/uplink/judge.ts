/** Judges the state, speed and errors of the interfaces that carry the node's default route. */
import { growthOf } from '../../growth.ts'
import type { Measured } from '../../limits.ts'
import { type counterFiles, type Link, type UplinkSample, windowMs } from './read.ts'

type Value =
  | 'not-up'
  | 'not-running'
  | 'loopback-missing'
  | 'default-route-missing'
  | 'members-down'
  | 'carrier-changes'
  | 'speed-lost-percent'
  | 'errors-percent'
  | 'drops-percent'
  | 'pod-mtu-excess'

type One = readonly Measured<Value>[]

/** States in which an interface that is switched on carries nothing. */
const notRunning: ReadonlySet<string> = new Set(['down', 'lowerlayerdown', 'notpresent', 'dormant'])
/** Fewer faulty packets in ten minutes are no share of anything. */
const leastFaults = 100

export function judgeUplink(sample: UplinkSample): One {
  const { loopback, links, routed, uplinks } = sample
  const cards = links.filter(({ role }) => role !== 'candidate')
  const missing = routed.length === 0 && uplinks.length > 0
  return [
    { value: 'loopback-missing', amount: loopback ? 0 : 1 },
    {
      value: 'default-route-missing',
      amount: missing ? 1 : 0,
      parts: { last: uplinks.join(', ') },
      tentative: routed.length === 0,
    },
    ...links.filter(({ role }) => role !== 'part').flatMap(stateOf),
    ...cards.flatMap((link) => [...membersOf(link), ...speedOf(link), ...countersOf(link, sample)]),
    ...mtuOf(sample),
  ]
}

/** What a candidate is, nobody knows: it keeps a finding of the process before. */
function stateOf({ name, role, present, up, state, mac }: Link): One {
  const tentative = role === 'candidate' && (!up || notRunning.has(state))
  const known = role === 'uplink'
  const what = present ? 'is not up' : 'is gone'
  return [
    { value: 'not-up', amount: known && !up ? 1 : 0, device: name, parts: { what, mac }, tentative },
    {
      value: 'not-running',
      amount: known && up && notRunning.has(state) ? 1 : 0,
      device: name,
      parts: { state, mac },
      tentative,
    },
  ]
}

function membersOf({ name, members }: Link): One {
  if (members.length === 0) return []
  const down = members.filter(({ state }) => notRunning.has(state))
  const parts = { members: members.length, down: down.map((member) => member.name).join(', ') }
  return [{ value: 'members-down', amount: down.length, device: name, parts }]
}

/** Before the first change of speed it is unknown whether the link was faster once. */
function speedOf({ name, speed, fastest, slowest }: Link): One {
  if (speed === undefined) return []
  const lost = 100 - (speed * 100) / fastest
  const parts = { speed, fastest }
  return [{ value: 'speed-lost-percent', amount: lost, device: name, parts, tentative: fastest === slowest }]
}

function countersOf({ name }: Link, { trail }: UplinkSample): One {
  const grown = (file: (typeof counterFiles)[number]): number => growthOf(trail, `${name} ${file}`, windowMs).amount
  const { amount, tentative } = growthOf(trail, `${name} carrier_changes`, windowMs)
  const packets = grown('rx_packets') + grown('tx_packets')
  const share = (faults: number): number => (faults < leastFaults ? 0 : (faults * 100) / (packets + faults))
  const errors = grown('rx_errors') + grown('tx_errors')
  const drops = grown('tx_dropped') + grown('rx_missed_errors')
  return [
    { value: 'carrier-changes', amount, device: name, tentative },
    { value: 'errors-percent', amount: share(errors), device: name, parts: { errors }, tentative },
    { value: 'drops-percent', amount: share(drops), device: name, parts: { drops }, tentative },
  ]
}

function mtuOf({ links, podMtu }: UplinkSample): One {
  return links.flatMap(({ name, role, mtu }) =>
    role !== 'uplink' || mtu === undefined || podMtu === 0
      ? []
      : [{ value: 'pod-mtu-excess', amount: Math.max(0, podMtu - mtu), device: name, parts: { mtu, podMtu } }],
  )
}
