/** What one look knows of NVIDIA's driver and its GPUs. */
import type { Gpu } from '../../../nvml/document.ts'
import type { Trail } from '../../growth.ts'

/** Counters are judged over this time. */
export const windowMs = 10 * 60_000

/** One GPU and where it is. */
export interface PlacedGpu {
  /** PCI address; `GPU N` where not even that is known. */
  readonly device: string
  readonly gpu: Gpu
}

/** Active NVLink lanes of a GPU: the most and the fewest since this process began. */
export interface LinkRange {
  readonly most: number
  readonly fewest: number
}

export interface NvidiaSample {
  /** `hung`, `missing` and `failed` say what is wrong with the driver; the GPUs are then unknown. */
  readonly driver: 'answers' | 'hung' | 'missing' | 'failed' | 'mismatch'
  readonly why: string
  /** The GPUs that NVML knows now; empty unless the driver answers. */
  readonly gpus: readonly PlacedGpu[]
  /** Addresses of GPUs on the PCI bus that are the driver's, and of all that have answered since this process began. */
  readonly expected: readonly string[]
  /** What each GPU calls itself, by device. */
  readonly names: Readonly<Record<string, string>>
  readonly links: Readonly<Record<string, LinkRange>>
  /** True where NVSwitches, which need the fabric manager, are on the bus. */
  readonly switches: boolean
  readonly trail: Trail
}
