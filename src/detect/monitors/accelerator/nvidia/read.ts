/**
 * What NVIDIA's driver says of its GPUs, asked by a child process (detect/nvml) with a deadline, and what PCI says. A
 * machine without a bound GPU starts no process.
 */
import { findAccelerators, isNvidiaBound } from '../../../host/accelerators.ts'
import type { ChildOutcome } from '../../../host/children.ts'
import { type Host, textOf } from '../../../host/host.ts'
import { pciFolder } from '../../../host/pci.ts'
import { answerMs, askNvml } from '../../../nvml/ask.ts'
import { codes, type Gpu, type NvmlDocument } from '../../../nvml/document.ts'
import { follow } from '../../growth.ts'
import type { Look, ProbeHost } from '../../probe.ts'
import { countsOf } from './counts.ts'
import { type LinkRange, type NvidiaSample, type PlacedGpu, windowMs } from './sample.ts'

/** The look ends after the child was killed and reaped. */
export const lookMs = answerMs + 10_000

export async function readNvidia(from: ProbeHost, before?: NvidiaSample): Promise<Look<NvidiaSample>> {
  const { host, children, clock, nvmlProgram } = from
  if (!isNvidiaBound(host) && !before) return { absent: 'no GPU of this machine is bound to the NVIDIA driver' }
  if (nvmlProgram === undefined) return { absent: 'the driver of a saved copy of a machine cannot be asked' }
  const found = findAccelerators(host).filter(({ kind }) => kind === 'nvidia')
  const bound = found.filter(({ driver }) => driver === 'nvidia')
  // One without a driver is one that the NVIDIA driver refused; others belong to virtual machines or to nouveau.
  const pci = found
    .filter(({ driver, address }) => driver === undefined || (driver === 'nvidia' && !isExcluded(host, address)))
    .map(({ address }) => address)
  const at = clock.monotonic()
  if (bound.length === 0) return { sample: withoutAnswer('missing', 'no GPU is bound to the driver', at, pci, before) }
  return lookOf(await askNvml(children, nvmlProgram, host), { host, at, pci, before })
}

interface Context {
  readonly host: Host
  readonly at: number
  readonly pci: readonly string[]
  readonly before: NvidiaSample | undefined
}

function lookOf(outcome: ChildOutcome, context: Context): Look<NvidiaSample> {
  const { at, pci, before } = context
  switch (outcome.kind) {
    case 'absent':
      return { failed: `${process.execPath} is gone` }
    case 'stuck':
      return { sample: withoutAnswer('hung', outcome.why, at, pci, before) }
    case 'failed':
      return outcome.late ? { sample: withoutAnswer('hung', outcome.why, at, pci, before) } : { failed: outcome.why }
    case 'ended':
      if (outcome.status !== 0) return { failed: `asking NVML ended with status ${outcome.status}: ${outcome.errors}` }
      return documentLook(JSON.parse(outcome.output) as NvmlDocument, context) // detect/nvml of this version wrote it
  }
}

function documentLook(document: NvmlDocument, context: Context): Look<NvidiaSample> {
  const { at, pci, before } = context
  const { library, init, denied } = document
  if (denied !== undefined)
    return { absent: `the agent may not open ${denied} (it needs agent.privileged); the kernel log is still read` }
  if (library === undefined)
    return { absent: 'the driver’s library libnvidia-ml.so.1 is not installed; the kernel log is still read' }
  if (init === codes.versionMismatch) return { sample: withoutAnswer('mismatch', library, at, pci, before) }
  if (init !== 0) return { sample: withoutAnswer('failed', `NVML error ${init}`, at, pci, before) }
  if ('code' in document.count)
    return { sample: withoutAnswer('failed', `NVML error ${document.count.code}`, at, pci, before) }
  return { sample: answered(document, context) }
}

/** The operator told the driver to leave it alone (`NVreg_ExcludeDevice`). */
function isExcluded(host: Host, address: string): boolean {
  const information = textOf(host.read(`proc/driver/nvidia/gpus/${address}/information`)) ?? ''
  return /^GPU Excluded:\s*Yes/m.test(information)
}

/** Keeps what was known, so that nothing ends because the driver is silent. */
function withoutAnswer(
  driver: NvidiaSample['driver'],
  why: string,
  at: number,
  pci: readonly string[],
  before: NvidiaSample | undefined,
): NvidiaSample {
  const { names = {}, links = {}, switches = false } = before ?? {}
  const trail = before?.trail ?? follow({}, at, windowMs)
  const expected = union(pci, before?.expected ?? [])
  return { driver, why, gpus: [], expected, names, links, switches, trail }
}

function answered({ gpus: asked }: NvmlDocument, { host, at, pci, before }: Context): NvidiaSample {
  const gpus = place(asked, union(pci, before?.expected ?? []))
  const expected = union(
    pci,
    [...(before?.expected ?? []), ...gpus.map(({ device }) => device)].filter((one) => one.includes(':')),
  )
  const names = { ...before?.names, ...Object.fromEntries(gpus.flatMap(nameOf)) }
  const links = { ...before?.links, ...Object.fromEntries(gpus.flatMap((one) => rangeOf(one, before))) }
  const trail = follow(countsOf(gpus, before?.trail), at, windowMs, before?.trail)
  return { driver: 'answers', why: '', gpus, expected, names, links, switches: hasSwitches(host), trail }
}

/** NVML numbers GPUs in the order of their addresses, so lost ones take the addresses that no other has. */
function place(gpus: readonly Gpu[], known: readonly string[]): readonly PlacedGpu[] {
  const taken = new Set(gpus.flatMap(({ address }) => ('value' in address ? [address.value] : [])))
  const free = known.filter((address) => !taken.has(address))
  const lost = gpus.filter(({ address }) => 'code' in address)
  return gpus.map((gpu) => {
    if ('value' in gpu.address) return { device: gpu.address.value, gpu }
    const spare = lost.length === free.length ? free[lost.indexOf(gpu)] : undefined
    return { device: spare ?? `GPU ${gpu.index}`, gpu }
  })
}

function nameOf({ device, gpu: { name, uuid, serial } }: PlacedGpu): readonly (readonly [string, string])[] {
  if ('code' in name || 'code' in uuid) return []
  const number = 'value' in serial ? `, serial ${serial.value}` : ''
  return [[device, `${name.value} ${uuid.value}${number}`]]
}

function rangeOf(
  { device, gpu: { links } }: PlacedGpu,
  before?: NvidiaSample,
): readonly (readonly [string, LinkRange])[] {
  if (links.length === 0) return []
  const active = links.filter((link) => link.active === 1).length
  const known = before?.links[device]
  const range = { most: Math.max(active, known?.most ?? 0), fewest: Math.min(active, known?.fewest ?? active) }
  return [[device, range]]
}

/** PCI ids of the NVSwitches that this host's fabric manager drives: boards with A100 and with H100 or H200. */
const switchIds: ReadonlySet<string | undefined> = new Set(['0x1af1', '0x22a3'])

function hasSwitches(host: Host): boolean {
  return host.list(pciFolder).some((address) => {
    const id = (file: string): string | undefined => textOf(host.read(`${pciFolder}/${address}/${file}`))?.trim()
    return id('vendor') === '0x10de' && switchIds.has(id('device'))
  })
}

function union(one: readonly string[], other: readonly string[]): readonly string[] {
  return [...new Set([...one, ...other])].sort()
}
