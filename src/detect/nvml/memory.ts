/** The questions about a GPU's memory: error counters, remapped rows and spare rows. */
import {
  type Answer,
  codes,
  type Ecc,
  type EccCounts,
  type EccLocation,
  type RemappedRows,
  type SpareRows,
} from './document.ts'
import { answer, type Nvml } from './library.ts'
import { type Handle, structure } from './questions.ts'

/** nvml.h, `nvmlMemoryLocation_t`. */
const locations = { l1: 0, l2: 1, dram: 2, registers: 3, texture: 4, sram: 7 } as const satisfies Record<
  EccLocation,
  number
>
/** nvml.h, `nvmlMemoryErrorType_t` and `nvmlEccCounterType_t`. */
const kinds = { corrected: 0, uncorrected: 1 } as const
const counters = { volatile: 0, aggregate: 1 } as const

export function askEcc(nvml: Nvml, gpu: Handle): Ecc {
  const [current, pending] = [Buffer.alloc(4), Buffer.alloc(4)]
  const mode = answer(nvml.call('nvmlDeviceGetEccMode', gpu, current, pending), () => ({
    current: current.readUInt32LE(0),
    pending: pending.readUInt32LE(0),
  }))
  const sram = structure(104, 1)
  return {
    mode,
    volatile: askCounts(nvml, gpu, counters.volatile),
    aggregate: askCounts(nvml, gpu, counters.aggregate),
    sramThreshold: answer(nvml.call('nvmlDeviceGetSramEccErrorStatus', gpu, sram), () => sram.readUInt32LE(96)),
  }
}

function askCounts(nvml: Nvml, gpu: Handle, counter: number): EccCounts {
  let failed = 0
  const counts = (kind: number): Partial<Record<EccLocation, number>> => {
    const found: Partial<Record<EccLocation, number>> = {}
    for (const [location, number] of Object.entries(locations)) {
      const count = Buffer.alloc(8)
      const code = nvml.call('nvmlDeviceGetMemoryErrorCounter', gpu, kind, counter, number, count)
      if (code === 0)
        found[location as EccLocation] = Number(count.readBigUInt64LE(0)) // a key of the table
      else if (code !== codes.notSupported && code !== codes.functionNotFound) failed ||= code
    }
    return found
  }
  return { corrected: counts(kinds.corrected), uncorrected: counts(kinds.uncorrected), code: failed }
}

export function askRows(nvml: Nvml, gpu: Handle): Answer<RemappedRows> {
  const out = ['corrected', 'uncorrected', 'pending', 'failure'].map(() => Buffer.alloc(4))
  const code = nvml.call('nvmlDeviceGetRemappedRows', gpu, ...out)
  const [corrected = 0, uncorrected = 0, pending = 0, failure = 0] = out.map((one) => one.readUInt32LE(0))
  return answer(code, () => ({ corrected, uncorrected, pending, failure }))
}

/** nvml.h, `nvmlRowRemapperHistogramValues_t`. */
export function askSpareRows(nvml: Nvml, gpu: Handle): Answer<SpareRows> {
  const out = Buffer.alloc(20)
  const code = nvml.call('nvmlDeviceGetRowRemapperHistogram', gpu, out)
  const [max = 0, high = 0, partial = 0, low = 0, none = 0] = [0, 4, 8, 12, 16].map((at) => out.readUInt32LE(at))
  return answer(code, () => ({ max, high, partial, low, none }))
}
