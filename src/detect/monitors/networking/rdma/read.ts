/**
 * InfiniBand and RoCE ports: drivers/infiniband/core/sysfs.c (`state`, `rate`, `counters`, `hw_counters`) and
 * user_mad.c, uverbs_main.c (the character devices). Virtual functions belong to pods, and EFA has a monitor of its own.
 */
import { basename } from 'node:path'
import { type Host, numberOf, textOf } from '../../../host/host.ts'
import { pciFolder } from '../../../host/pci.ts'
import { follow, type Trail } from '../../growth.ts'
import type { Look } from '../../probe.ts'

export const windowMs = 10 * 60_000

/** Files of `counters` and `hw_counters` that are judged. */
export const counterFiles = {
  counters: [
    'link_downed',
    'link_error_recovery',
    'symbol_error',
    'port_rcv_errors',
    'local_link_integrity_errors',
    'excessive_buffer_overrun_errors',
    'port_xmit_discards',
  ],
  hw_counters: ['local_ack_timeout_err', 'rnr_nak_retry_err', 'roce_slow_restart'],
} as const

export type CounterFile = (typeof counterFiles)[keyof typeof counterFiles][number]

export interface Port {
  /** Adapter and port, e.g. `mlx5_0/1`. */
  readonly name: string
  readonly layer: 'InfiniBand' | 'Ethernet'
  readonly active: boolean
  /** As sysfs says it, e.g. `1: DOWN` and `3: Disabled`. */
  readonly state: string
  readonly physical: string
  /** Gb/s; 0 where it is not known. */
  readonly rate: number
  /** True once the port was active since this process began. */
  readonly wasActive: boolean
  /** The highest and lowest rate of the active port since this process began. */
  readonly fastest: number
  readonly slowest: number
}

export interface RdmaSample {
  readonly ports: readonly Port[]
  /** Adapters whose character device in /dev/infiniband is missing, of all adapters that should have one. */
  readonly adapters: readonly { readonly name: string; readonly missing: string }[]
  /** Addresses of InfiniBand cards that no driver is bound to. */
  readonly cards: readonly { readonly address: string; readonly bound: boolean }[]
  /** Counters `PORT FILE`. */
  readonly trail: Trail
  /** Files that cannot be read: each further try makes the firmware complain in the kernel log. */
  readonly unreadable: ReadonlySet<string>
}

const folder = 'sys/class/infiniband'

export async function readRdma(host: Host, at: number, before?: RdmaSample): Promise<Look<RdmaSample>> {
  const adapters = host.list(folder).filter((name) => isPhysical(host, name))
  const cards = cardsOf(host)
  if (adapters.length === 0 && cards.length === 0 && !before)
    return { absent: 'this machine has no InfiniBand or RoCE adapter' }
  const unreadable = new Set(before?.unreadable)
  const ports = adapters.flatMap((name) =>
    host.list(`${folder}/${name}/ports`).map((port) => portOf(host, `${name}/ports/${port}`, before)),
  )
  const trail = follow(await countsOf(host, ports, unreadable), at, windowMs, before?.trail)
  return {
    sample: { ports: withGone(ports, before), adapters: devicesOf(host, adapters), cards, trail, unreadable },
  }
}

/** Software adapters (rxe, siw) have no device; a virtual function has a physical one beside it. */
function isPhysical(host: Host, name: string): boolean {
  const files = host.list(`${folder}/${name}/device`)
  return files.length > 0 && !files.includes('physfn') && driverOf(host, name) !== 'efa'
}

function driverOf(host: Host, name: string): string | undefined {
  const target = host.link(`${folder}/${name}/device/driver`)
  return target === undefined ? undefined : basename(target)
}

function portOf(host: Host, path: string, before?: RdmaSample): Port {
  const text = (file: string): string => textOf(host.read(`${folder}/${path}/${file}`))?.trim() ?? ''
  const name = path.replace('/ports/', '/')
  const last = before?.ports.find((one) => one.name === name)
  const active = text('state').startsWith('4:')
  const rate = active ? Number.parseFloat(text('rate')) || 0 : 0
  return {
    name,
    layer: text('link_layer') === 'Ethernet' ? 'Ethernet' : 'InfiniBand',
    active,
    state: text('state'),
    physical: text('phys_state'),
    rate,
    wasActive: active || (last?.wasActive ?? false),
    fastest: Math.max(rate, last?.fastest ?? 0),
    slowest: rate > 0 ? Math.min(rate, last?.slowest ?? rate) : (last?.slowest ?? Number.POSITIVE_INFINITY),
  }
}

/** A port whose adapter left the bus is down. */
function withGone(ports: readonly Port[], before?: RdmaSample): readonly Port[] {
  const gone = (before?.ports ?? []).filter(
    ({ name, wasActive }) => wasActive && !ports.some((one) => one.name === name),
  )
  return [...ports, ...gone.map((port) => ({ ...port, active: false, state: 'gone', physical: 'gone', rate: 0 }))]
}

async function countsOf(host: Host, ports: readonly Port[], unreadable: Set<string>): Promise<Trail['counts']> {
  const counts: Record<string, number> = {}
  for (const { name } of ports) {
    for (const [group, files] of Object.entries(counterFiles)) {
      for (const file of files) {
        const path = `${folder}/${name.replace('/', '/ports/')}/${group}/${file}`
        const count = unreadable.has(path) ? undefined : await countIn(host, path, unreadable)
        if (count !== undefined) counts[`${name} ${file}`] = count
      }
    }
  }
  return counts
}

/** `N/A (no PMA)` is no number and no fault. */
async function countIn(host: Host, path: string, unreadable: Set<string>): Promise<number | undefined> {
  const read = await host.readSlowly(path)
  if ('denied' in read) unreadable.add(path)
  return numberOf(read)
}

/** uverbs for every adapter; umad for InfiniBand alone, which the subnet manager reaches through it. */
function devicesOf(host: Host, adapters: readonly string[]): RdmaSample['adapters'] {
  const devices = host.list('dev/infiniband')
  const verbs = new Map(
    host
      .list('sys/class/infiniband_verbs')
      .map((name) => [textOf(host.read(`sys/class/infiniband_verbs/${name}/ibdev`))?.trim(), name] as const),
  )
  return adapters.flatMap((name) => {
    const verb = verbs.get(name)
    return verb === undefined ? [] : [{ name, missing: devices.includes(verb) ? '' : `/dev/infiniband/${verb}` }]
  })
}

/** https://pci-ids.ucw.cz, class 0207: InfiniBand controllers; those of virtual functions come and go. */
function cardsOf(host: Host): RdmaSample['cards'] {
  return host.list(pciFolder).flatMap((address) => {
    const path = `${pciFolder}/${address}`
    if (!textOf(host.read(`${path}/class`))?.startsWith('0x0207')) return []
    if (host.link(`${path}/physfn`) !== undefined) return []
    return [{ address, bound: /^DRIVER=/m.test(textOf(host.read(`${path}/uevent`)) ?? '') }]
  })
}
