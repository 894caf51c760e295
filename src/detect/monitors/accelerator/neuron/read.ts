/**
 * AWS Neuron devices in sysfs: error counters of the hardware since the driver was loaded. Releases of the driver moved
 * the files, so they are looked for by their names (2.31 did so last).
 */
import { findAccelerators } from '../../../host/accelerators.ts'
import { type Host, numberOf } from '../../../host/host.ts'
import { follow, type Trail } from '../../growth.ts'
import type { Look } from '../../probe.ts'

/** Names of the files, or of the folders whose `total` holds the count. */
export const counterNames = ['sram_ecc_uncorrected', 'mem_ecc_uncorrected', 'mem_ecc_repairable_uncorrected'] as const
export type CounterName = (typeof counterNames)[number]

export interface NeuronDevice {
  /** As in the kernel log, e.g. `nd3`. */
  readonly name: string
  readonly counts: Readonly<Partial<Record<CounterName, number>>>
}

export interface NeuronSample {
  readonly devices: readonly NeuronDevice[]
  /** Neuron devices on the PCI bus. */
  readonly pci: number
  /** Repairable errors by device: a repair does not set this count back. */
  readonly repairable: Trail
}

export const windowMs = 60 * 60_000
const folder = 'sys/devices/virtual/neuron_device'
/** `neuron0/stats/hardware/NAME` is the deepest so far. */
const deepest = 4

export async function readNeuron(host: Host, at: number, before?: NeuronSample): Promise<Look<NeuronSample>> {
  const names = host.list(folder).filter((name) => /^neuron\d+$/.test(name))
  if (names.length === 0) return { absent: 'no AWS Neuron driver of this machine has a device' }
  const pci = findAccelerators(host).filter(({ kind }) => kind === 'neuron')
  const devices: NeuronDevice[] = []
  for (const name of names) {
    const found = pathsBelow(host, `${folder}/${name}`, deepest)
    const counts: Partial<Record<CounterName, number>> = {}
    for (const [counter, path] of found) {
      const total = host.list(path).includes('total') ? `${path}/total` : path
      const count = numberOf(await host.readSlowly(total))
      if (count !== undefined) counts[counter] = (counts[counter] ?? 0) + count
    }
    devices.push({ name: name.replace('neuron', 'nd'), counts })
  }
  const repairable = Object.fromEntries(
    devices.map(({ name, counts }) => [name, counts.mem_ecc_repairable_uncorrected ?? 0]),
  )
  return { sample: { devices, pci: pci.length, repairable: follow(repairable, at, windowMs, before?.repairable) } }
}

/** Counters of cores are not looked at: what they count is the error of one program. */
function pathsBelow(host: Host, path: string, depth: number): readonly (readonly [CounterName, string])[] {
  if (depth === 0) return []
  return host.list(path).flatMap((name) => {
    const below = `${path}/${name}`
    const counter = counterNames.find((one) => one === name)
    if (counter) return [[counter, below] as const]
    return /^(?:neuron_core\d+|power|subsystem|device)$/.test(name) ? [] : pathsBelow(host, below, depth - 1)
  })
}
