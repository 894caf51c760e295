/** Judges what joins a GPU to others: NVLink lanes, the fabric, and the PCIe link. */
import type { Fabric, Gpu } from '../../../nvml/document.ts'
import { growthOf } from '../../growth.ts'
import { type Counter, counterKey } from './counts.ts'
import { flag, measure, type One, unknown } from './measure.ts'
import { type NvidiaSample, type PlacedGpu, windowMs } from './sample.ts'

export function judgeLinks(placed: PlacedGpu, sample: NvidiaSample): One {
  const { gpu } = placed
  const { fabric } = gpu
  return [
    ...judgeLanes(placed, sample),
    ...judgePcie(gpu),
    ...judgeRates(placed, sample),
    ...('value' in fabric ? judgeFabric(fabric.value, sample.switches) : fabricUnknown(fabric.code)),
  ]
}

/**
 * A lane is down when it was up, or when every other GPU of the model has it up. Without a lane that changed, a process
 * that has just begun cannot tell: that keeps a finding and raises none.
 */
function judgeLanes({ device, gpu }: PlacedGpu, { gpus, links: ranges }: NvidiaSample): One {
  const { links } = gpu
  const range = ranges[device]
  if (!range || range.most + range.fewest === 0) return []
  if (links.length === 0) return [unknown('links-down'), unknown('all-links-down')]
  const down = links.filter(({ active }) => active !== 1)
  const active = links.length - down.length
  const peers = active === 0 ? [] : gpus.filter((other) => sameModel(other.gpu, gpu))
  const most = Math.max(range.most, ...peers.map((other) => ranges[other.device]?.most ?? 0))
  const tentative = range.most === range.fewest
  const parts = { active, down: down.map(({ link }) => link).join(', ') }
  return [
    { value: 'links-down', amount: Math.max(0, most - active), parts, tentative },
    { value: 'all-links-down', amount: flag(active === 0 && range.most > 0), tentative },
  ]
}

function sameModel(one: Gpu, other: Gpu): boolean {
  return 'value' in one.name && 'value' in other.name && one.name.value === other.name.value
}

/** Processors save power by slowing the link of an idle GPU down; its width never changes. */
function judgePcie({
  pcieWidth,
  pcieMaxWidth,
  pcieGeneration,
  pcieMaxGeneration,
  performanceState,
  utilization,
}: Gpu): One {
  const most = 'value' in pcieMaxWidth ? pcieMaxWidth.value : 0
  const best = 'value' in pcieMaxGeneration ? pcieMaxGeneration.value : 0
  const width = 'value' in pcieWidth ? pcieWidth.value : 0
  const generation = 'value' in pcieGeneration ? pcieGeneration.value : 0
  const works =
    'value' in performanceState && performanceState.value === 0 && 'value' in utilization && utilization.value > 0
  return [
    ...(most > 0 && width > 0
      ? measure('pcie-width-lost-percent', pcieWidth, () => (Math.max(0, most - width) * 100) / most, { width, most })
      : []),
    ...(best > 0 && works
      ? measure('pcie-generations-lost', pcieGeneration, () => Math.max(0, best - generation), {
          generation,
          most: best,
        })
      : [unknown('pcie-generations-lost')]),
  ]
}

function judgeRates({ device }: PlacedGpu, { trail }: NvidiaSample): One {
  const growth = (counter: Counter) => growthOf(trail, counterKey(device, counter), windowMs)
  const rate = (counter: Counter, perMs: number): number => {
    const { amount, overMs } = growth(counter)
    return overMs === 0 ? 0 : (amount * perMs) / overMs
  }
  const { amount, tentative } = growth('link-recoveries')
  return [
    { value: 'pcie-replays-per-minute', amount: rate('replays', 60_000), tentative },
    { value: 'link-recoveries', amount, tentative },
    { value: 'link-crc-per-second', amount: rate('link-crc', 1_000), tentative },
  ]
}

const fabricValues = [
  'fabric-failed',
  'fabric-not-ready',
  'fabric-manager-missing',
  'fabric-bandwidth-reduced',
] as const

function fabricUnknown(code: number): One {
  return fabricValues.flatMap((value) => measure(value, { code }, () => 0))
}

/** nvml.h, `NVML_GPU_FABRIC_STATE_…`. */
const states = { notSupported: 0, notStarted: 1, inProgress: 2, completed: 3 } as const

function judgeFabric({ state, status, health = 0 }: Fabric, switches: boolean): One {
  if (state === states.notSupported) return []
  const ready = state === states.completed
  const unmanaged = switches && state === states.notStarted
  const what = ready ? faultsOf(status, health) : []
  return [
    { value: 'fabric-failed', amount: flag(what.length > 0), parts: { what: what.join(', ') }, tentative: !ready },
    // Not started without switches of its own: a GPU of a rack that is used without the rack's fabric (GB200).
    { value: 'fabric-not-ready', amount: flag(state === states.inProgress) },
    { value: 'fabric-manager-missing', amount: flag(unmanaged) },
    { value: 'fabric-bandwidth-reduced', amount: flag(ready && bits(health, 0, 2) === 1), tentative: !ready },
  ]
}

/**
 * nvml.h, `NVML_GPU_FABRIC_HEALTH_MASK_…`: fields of two bits are 0 not supported, 1 faulty, 2 healthy; that of the
 * configuration has four, and 1 is healthy. A field of ones is one that was never written.
 */
function faultsOf(status: number, health: number): readonly string[] {
  const configuration = bits(health, 8, 4)
  return [
    status !== 0 && `joining it ended with NVML error ${status}`,
    bits(health, 2, 2) === 1 && 'routes are being recovered',
    bits(health, 4, 2) === 1 && 'routes are broken',
    bits(health, 6, 2) === 1 && 'accesses time out',
    configuration >= 2 && configuration < 0xf && `the configuration is wrong (${configuration})`,
  ].filter((one) => one !== false)
}

function bits(mask: number, from: number, count: number): number {
  return (mask >>> from) & ((1 << count) - 1)
}
