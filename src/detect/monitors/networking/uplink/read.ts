/**
 * The interfaces that carry the node's default route, and what they consist of: members of a bond, the device below a
 * VLAN, the network card in a bridge. Interfaces of pods, empty bridges and secondary cards are never looked at. Files:
 * net/core/net-sysfs.c.
 */
import { type Host, numberIn, textOf } from '../../../host/host.ts'
import { readDefaultRoutes } from '../../../host/routes.ts'
import { follow, type Trail } from '../../growth.ts'
import type { Look } from '../../probe.ts'

export interface Link {
  readonly name: string
  /** `uplink`: it carries the default route. `candidate`: it may have, before this process began. */
  readonly role: 'uplink' | 'part' | 'candidate'
  readonly present: boolean
  /** The flag IFF_UP: an administrator or the network configuration has switched it on. */
  readonly up: boolean
  /** include/uapi/linux/if.h, IF_OPER_*: `unknown` is what drivers without the notion say. */
  readonly state: string
  readonly mac: string
  readonly mtu?: number
  /** Mbit/s; absent where the driver does not know. */
  readonly speed?: number
  /** The highest and lowest speed that this process has seen. */
  readonly fastest: number
  readonly slowest: number
  /** Members of a bond, with their states. */
  readonly members: readonly { readonly name: string; readonly state: string }[]
}

export interface UplinkSample {
  /** Interfaces with a default route now, and when there was one last. */
  readonly routed: readonly string[]
  readonly uplinks: readonly string[]
  readonly loopback: boolean
  readonly links: readonly Link[]
  /** The largest MTU of the pods' interfaces; 0 without any. */
  readonly podMtu: number
  /** Counters `NAME FILE`. */
  readonly trail: Trail
}

const folder = 'sys/class/net'
/** Counters are kept for this time: that of flaps. Errors are judged over the same. */
export const windowMs = 10 * 60_000
export const counterFiles = [
  'rx_packets',
  'tx_packets',
  'rx_errors',
  'tx_errors',
  'tx_dropped',
  'rx_missed_errors',
] as const
/** A bond of VLANs of a bridge. */
const deepest = 4
/** How container networks name the node's end of a pod's interface. */
const podSide = /^(?:veth|cali|lxc|gke|azv|eni[0-9a-f]{11}$)/
/** One network gives all pods the same MTU. */
const mostPods = 8

export function readUplink(host: Host, at: number, before?: UplinkSample): Look<UplinkSample> {
  const routes = readDefaultRoutes(host)
  if (!('interfaces' in routes)) return routes
  const names = host.list(folder)
  if (names.length === 0) return { absent: 'this machine shows no network interfaces' }
  const routed = routes.interfaces
  const uplinks = routed.length > 0 ? routed : (before?.uplinks ?? [])
  const candidates = uplinks.length > 0 ? [] : names.filter((name) => isCard(host, name))
  const parts = new Set(uplinks.flatMap((name) => partsOf(host, name, deepest)))
  const named = (role: Link['role'], of: Iterable<string>): readonly Link[] =>
    [...of].map((name) => linkOf(host, name, role, before))
  const links = [...named('uplink', uplinks), ...named('part', parts), ...named('candidate', candidates)]
  const trail = follow(countsOf(host, links), at, windowMs, before?.trail)
  return { sample: { routed, uplinks, loopback: names.includes('lo'), links, podMtu: podMtuOf(host, names), trail } }
}

/** A card has a device behind it; virtual interfaces have none. */
function isCard(host: Host, name: string): boolean {
  return host.list(`${folder}/${name}`).includes('device')
}

function lowerOf(host: Host, name: string): readonly string[] {
  return host.list(`${folder}/${name}`).flatMap((file) => (file.startsWith('lower_') ? [file.slice(6)] : []))
}

/** Interfaces below `name`. Of a bridge only its cards and bonds: the other ports belong to pods and guests. */
function partsOf(host: Host, name: string, depth: number): readonly string[] {
  if (depth === 0) return []
  const files = host.list(`${folder}/${name}`)
  const lower = lowerOf(host, name).filter(
    (part) => !files.includes('bridge') || isCard(host, part) || lowerOf(host, part).length > 0,
  )
  return lower.flatMap((part) => [part, ...partsOf(host, part, depth - 1)])
}

function linkOf(host: Host, name: string, role: Link['role'], before?: UplinkSample): Link {
  const own = `${folder}/${name}`
  const text = (file: string): string | undefined => textOf(host.read(`${own}/${file}`))?.trim()
  const flags = text('flags')
  const mtu = numberIn(host, `${own}/mtu`)
  const speed = numberIn(host, `${own}/speed`) ?? -1
  const last = before?.links.find((one) => one.name === name)
  const known = speed > 0
  const isBond = host.list(own).includes('bonding')
  return {
    name,
    role,
    present: flags !== undefined,
    up: (Number(flags ?? 0) & 1) === 1,
    state: text('operstate') ?? 'unknown',
    mac: text('address') ?? '',
    ...(mtu !== undefined && { mtu }),
    ...(known && { speed }),
    fastest: Math.max(last?.fastest ?? 0, known ? speed : 0),
    slowest: Math.min(last?.slowest ?? Number.POSITIVE_INFINITY, known ? speed : Number.POSITIVE_INFINITY),
    members: !isBond
      ? []
      : lowerOf(host, name).map((member) => ({
          name: member,
          state: textOf(host.read(`${folder}/${member}/operstate`))?.trim() ?? 'unknown',
        })),
  }
}

function countsOf(host: Host, links: readonly Link[]): Trail['counts'] {
  const counts: Record<string, number> = {}
  for (const { name } of links) {
    for (const file of ['carrier_changes', ...counterFiles]) {
      const path = file === 'carrier_changes' ? file : `statistics/${file}`
      const count = numberIn(host, `${folder}/${name}/${path}`)
      if (count !== undefined) counts[`${name} ${file}`] = count
    }
  }
  return counts
}

function podMtuOf(host: Host, names: readonly string[]): number {
  const pods = names.filter((name) => podSide.test(name)).slice(0, mostPods)
  return Math.max(0, ...pods.map((name) => numberIn(host, `${folder}/${name}/mtu`) ?? 0))
}
