/**
 * AMD GPUs in sysfs: error counters and bad pages (drivers/gpu/drm/amd/amdgpu/amdgpu_ras.c), temperatures
 * (amdgpu_pm.c, hwmon), the PCIe link (drivers/pci/pci-sysfs.c). Reading a counter that is not 0 makes the kernel log
 * the sum again.
 */
import { type Accelerator, findAccelerators } from '../../../host/accelerators.ts'
import { type Host, numberOf, textOf } from '../../../host/host.ts'
import { identify } from '../../../host/identity.ts'
import { pciFolder } from '../../../host/pci.ts'
import { follow, type Trail } from '../../growth.ts'
import type { Look } from '../../probe.ts'

export const windowMs = 60 * 60_000

/** Errors of one block of the GPU, e.g. `umc`, since the driver was loaded. */
export interface BlockErrors {
  readonly block: string
  readonly uncorrected: number
  readonly corrected: number
  readonly deferred: number
}

export interface AmdGpu {
  readonly address: string
  readonly name: string
  readonly blocks: readonly BlockErrors[]
  /** Pages of memory: taken out of use, to be at the next reset, and impossible to take out. */
  readonly pages: { readonly reserved: number; readonly pending: number; readonly failed: number } | undefined
  readonly width?: { readonly current: number; readonly most: number }
  /** The sensor that is the nearest to its critical temperature, in degrees Celsius. */
  readonly hottest?: { readonly label: string; readonly celsius: number; readonly critical: number }
  /** True when a file could not be read: the driver refuses while it resets the GPU. */
  readonly partly: boolean
}

export interface AmdSample {
  readonly gpus: readonly AmdGpu[]
  /** Addresses of GPUs that have no driver while others have. */
  readonly unbound: readonly string[]
  /** Counters `ADDRESS corrected` and `ADDRESS deferred`. */
  readonly trail: Trail
}

export async function readAmd(host: Host, at: number, before?: AmdSample): Promise<Look<AmdSample>> {
  const found = findAccelerators(host).filter(({ kind }) => kind === 'amd')
  const bound = found.filter(({ driver }) => driver === 'amdgpu')
  if (bound.length === 0 && !before) return { absent: 'no AMD accelerator of this machine is bound to amdgpu' }
  const gpus: AmdGpu[] = []
  for (const one of bound) gpus.push(await gpuOf(host, one))
  const unbound = found.filter(({ driver }) => driver === undefined).map(({ address }) => address)
  return { sample: { gpus, unbound, trail: follow(countsOf(gpus), at, windowMs, before?.trail) } }
}

function countsOf(gpus: readonly AmdGpu[]): Trail['counts'] {
  return Object.fromEntries(
    gpus.flatMap(({ address, blocks }) =>
      (['corrected', 'deferred'] as const).map((kind) => [
        `${address} ${kind}`,
        blocks.reduce((sum, block) => sum + block[kind], 0),
      ]),
    ),
  )
}

async function gpuOf(host: Host, accelerator: Accelerator): Promise<AmdGpu> {
  const { address } = accelerator
  const folder = `${pciFolder}/${address}`
  let partly = false
  const read = async (file: string): Promise<string | undefined> => {
    const got = await host.readSlowly(`${folder}/${file}`)
    partly ||= 'denied' in got
    return textOf(got)
  }
  const blocks: BlockErrors[] = []
  for (const file of host.list(`${folder}/ras`)) {
    const block = /^(\w+)_err_count$/.exec(file)?.[1]
    const text = block === undefined ? undefined : await read(`ras/${file}`)
    if (block !== undefined && text !== undefined) blocks.push(errorsOf(block, text))
  }
  const pages = await read('ras/gpu_vram_bad_pages')
  const hottest = await hottestOf(host, folder)
  const width = widthOf(host, folder)
  const { model, serial, uuid } = identify(host, accelerator)
  const number = serial ?? uuid
  return {
    address,
    name: `${model || 'AMD GPU'}${number === undefined ? '' : `, serial ${number}`}`,
    blocks,
    pages: pages === undefined ? undefined : pagesOf(pages),
    ...(width && { width }),
    ...(hottest && { hottest }),
    partly,
  }
}

/** Consumer cards count in steps of this by mistake. */
const bogus = 1_000_000

function errorsOf(block: string, text: string): BlockErrors {
  const count = (kind: string): number => {
    const number = Number(new RegExp(`^${kind}:\\s*(\\d+)`, 'm').exec(text)?.[1] ?? 0)
    return number >= bogus ? 0 : number
  }
  return { block, uncorrected: count('ue'), corrected: count('ce'), deferred: count('de') }
}

/** Lines `0x00000001 : 0x00001000 : R`: reserved, pending, or F where it could not be reserved. */
function pagesOf(text: string): NonNullable<AmdGpu['pages']> {
  const count = (flag: string): number => text.split('\n').filter((line) => line.trim().endsWith(`: ${flag}`)).length
  return { reserved: count('R'), pending: count('P'), failed: count('F') }
}

function widthOf(host: Host, folder: string): AmdGpu['width'] {
  const [current, most] = ['current_link_width', 'max_link_width'].map((file) =>
    numberOf(host.read(`${folder}/${file}`)),
  )
  return current && most && most < 64 ? { current, most } : undefined
}

/** hwmon counts in thousandths of a degree. */
async function hottestOf(host: Host, folder: string): Promise<AmdGpu['hottest']> {
  const sensors: NonNullable<AmdGpu['hottest']>[] = []
  for (const hwmon of host.list(`${folder}/hwmon`)) {
    for (const file of host.list(`${folder}/hwmon/${hwmon}`)) {
      const sensor = /^(temp\d+)_crit$/.exec(file)?.[1]
      if (sensor === undefined) continue
      const value = async (kind: string) =>
        numberOf(await host.readSlowly(`${folder}/hwmon/${hwmon}/${sensor}_${kind}`))
      const [input, critical] = [await value('input'), await value('crit')]
      if (input === undefined || critical === undefined || critical <= 0) continue
      const label = textOf(host.read(`${folder}/hwmon/${hwmon}/${sensor}_label`))?.trim() ?? sensor
      sensors.push({ label, celsius: Math.max(0, input / 1_000), critical: critical / 1_000 })
    }
  }
  return sensors.sort((a, b) => b.celsius - b.critical - (a.celsius - a.critical))[0]
}
