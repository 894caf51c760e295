/** What the child that asks NVML prints: one JSON document. It says what NVML answered, and judges nothing. */

/** The value that NVML gave, or its return code (nvml.h, `nvmlReturn_t`). */
export type Answer<T> = { readonly value: T } | { readonly code: number }

/** Return codes that decide something. */
export const codes = {
  notSupported: 3,
  noPermission: 4,
  functionNotFound: 13,
  inforomCorrupted: 14,
  gpuLost: 15,
  resetRequired: 16,
  versionMismatch: 18,
  argumentVersion: 25,
} as const

export interface NvmlDocument {
  /** The library that was loaded; absent when the machine has none. */
  readonly library?: string
  /** Why this process may not use the driver's device. */
  readonly denied?: string
  /** What `nvmlInit_v2` returned; 0 is success. */
  readonly init: number
  readonly driver: Answer<string>
  readonly count: Answer<number>
  readonly gpus: readonly Gpu[]
}

/** All questions about one GPU. */
export interface Gpu extends Readonly<Record<GpuText, Answer<string>>>, Readonly<Record<GpuNumber, Answer<number>>> {
  readonly index: number
  /** What `nvmlDeviceGetHandleByIndex_v2` returned. */
  readonly handle: number
  /** PCI address as the kernel writes it, e.g. `0000:3b:00.0`. */
  readonly address: Answer<string>
  readonly ecc: Ecc
  readonly rows: Answer<RemappedRows>
  /** Banks of memory by how many spare rows they have. */
  readonly spareRows: Answer<SpareRows>
  readonly links: readonly Link[]
  readonly fabric: Answer<Fabric>
  /** Absent where the child does not see the processes of the machine. */
  readonly processes?: Answer<number>
  readonly mig: Answer<{ readonly current: number; readonly pending: number; readonly instances: readonly string[] }>
}

export type GpuText = 'uuid' | 'serial' | 'name' | 'partNumber' | 'vbios' | 'gspFirmware'

export type GpuNumber =
  /** Field 230: 0 none, 1 reset, 2 reboot, 3 drain peer-to-peer, 4 drain and reset, 5 recover the IMEX domain. */
  | 'recoveryAction'
  | 'channelRepairPending'
  | 'retiredSingleBit'
  | 'retiredDoubleBit'
  | 'retirementPending'
  | 'inforom'
  /** Bits of nvml.h, `nvmlClocksEventReason…`. */
  | 'clockReasons'
  | 'temperature'
  /** Degrees below the temperature at which the GPU slows down; can be negative. */
  | 'temperatureMargin'
  /** Margins at which it slows down and switches itself off, e.g. -2 and -5. */
  | 'slowdownMargin'
  | 'shutdownMargin'
  | 'slowdownTemperature'
  | 'shutdownTemperature'
  | 'powerMilliwatts'
  | 'pcieWidth'
  | 'pcieMaxWidth'
  | 'pcieGeneration'
  | 'pcieMaxGeneration'
  | 'pcieReplays'
  | 'performanceState'
  | 'utilization'
  | 'persistence'
  | 'memoryUsed'

/** Error counters since the driver was loaded (`volatile`) and of the GPU's life, by kind and location. */
export interface Ecc {
  readonly mode: Answer<{ readonly current: number; readonly pending: number }>
  readonly volatile: EccCounts
  readonly aggregate: EccCounts
  /** The GPU's own verdict on its SRAM. */
  readonly sramThreshold: Answer<number>
}
export type EccLocation = 'l1' | 'l2' | 'dram' | 'registers' | 'texture' | 'sram'
export interface EccCounts {
  readonly corrected: Readonly<Partial<Record<EccLocation, number>>>
  readonly uncorrected: Readonly<Partial<Record<EccLocation, number>>>
  /** The first return code that was neither success nor "not supported"; 0 without one. */
  readonly code: number
}

export interface RemappedRows {
  readonly corrected: number
  readonly uncorrected: number
  readonly pending: number
  readonly failure: number
}
export interface SpareRows {
  readonly max: number
  readonly high: number
  readonly partial: number
  readonly low: number
  readonly none: number
}

/** One NVLink lane. */
export interface Link {
  readonly link: number
  readonly active: number
  /** PCI address of the other end. */
  readonly remote?: string
  readonly replays: number
  readonly recoveries: number
  readonly crcErrors: number
}

export interface Fabric {
  /** 0 not supported, 1 not started, 2 in progress, 3 completed. */
  readonly state: number
  /** A return code of NVML; counts once the state is 3. */
  readonly status: number
  /** Bit fields of nvml.h, `NVML_GPU_FABRIC_HEALTH_MASK_…`; absent before driver 550. */
  readonly health?: number
}
