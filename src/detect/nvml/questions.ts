/** The questions about one GPU whose answer is one text or one number. Structures: nvml.h, 64 bit. */
import { type Answer, codes, type GpuNumber, type GpuText } from './document.ts'
import { type Argument, answer, type Nvml } from './library.ts'

export type Handle = bigint

/** Buffer sizes of nvml.h, `NVML_DEVICE_…_BUFFER_SIZE`. */
const texts = {
  uuid: ['nvmlDeviceGetUUID', 96],
  serial: ['nvmlDeviceGetSerial', 30],
  name: ['nvmlDeviceGetName', 96],
  partNumber: ['nvmlDeviceGetBoardPartNumber', 80],
  vbios: ['nvmlDeviceGetVbiosVersion', 32],
  gspFirmware: ['nvmlDeviceGetGspFirmwareVersion', 64],
} as const satisfies Record<GpuText, readonly [string, number]>

type Question = (nvml: Nvml, gpu: Handle) => Answer<number>

const numbers = {
  recoveryAction: field(230),
  channelRepairPending: versioned('nvmlDeviceGetRepairStatus', 12, 1, (out) => out.readUInt32LE(4)),
  retiredSingleBit: field(29),
  retiredDoubleBit: field(30),
  retirementPending: field(31),
  inforom: (nvml, gpu) => answer(nvml.call('nvmlDeviceGetInforomImageVersion', gpu, Buffer.alloc(16), 16), () => 1),
  clockReasons: firstOf(
    unsigned64('nvmlDeviceGetCurrentClocksEventReasons'),
    unsigned64('nvmlDeviceGetCurrentClocksThrottleReasons'), // before driver 535
  ),
  temperature: unsigned('nvmlDeviceGetTemperature', 0),
  temperatureMargin: versioned('nvmlDeviceGetMarginTemperature', 8, 1, (out) => out.readInt32LE(4)),
  shutdownMargin: field(193),
  slowdownMargin: field(194),
  shutdownTemperature: unsigned('nvmlDeviceGetTemperatureThreshold', 0),
  slowdownTemperature: unsigned('nvmlDeviceGetTemperatureThreshold', 1),
  powerMilliwatts: unsigned('nvmlDeviceGetPowerUsage'),
  pcieWidth: unsigned('nvmlDeviceGetCurrPcieLinkWidth'),
  pcieMaxWidth: unsigned('nvmlDeviceGetMaxPcieLinkWidth'),
  pcieGeneration: unsigned('nvmlDeviceGetCurrPcieLinkGeneration'),
  pcieMaxGeneration: unsigned('nvmlDeviceGetMaxPcieLinkGeneration'),
  pcieReplays: unsigned('nvmlDeviceGetPcieReplayCounter'),
  performanceState: unsigned('nvmlDeviceGetPerformanceState'),
  utilization: out('nvmlDeviceGetUtilizationRates', 8, (rates) => rates.readUInt32LE(0)),
  persistence: unsigned('nvmlDeviceGetPersistenceMode'),
  // Version 2 does not count what the driver keeps for itself.
  memoryUsed: versioned('nvmlDeviceGetMemoryInfo_v2', 40, 2, (info) => Number(info.readBigUInt64LE(32))),
} as const satisfies Record<GpuNumber, Question>

/** Asks every question of this file about one GPU. */
export function askAll(nvml: Nvml, gpu: Handle): Record<GpuText, Answer<string>> & Record<GpuNumber, Answer<number>> {
  const said = Object.entries(texts).map(([key, [name, size]]) => [key, text(nvml, name, gpu, size)])
  const measured = Object.entries(numbers).map(([key, ask]) => [key, ask(nvml, gpu)])
  return Object.fromEntries([...said, ...measured]) as ReturnType<typeof askAll> // the keys of both tables
}

/** Calls a function with a buffer for text and the buffer's size as its last arguments. */
export function text(nvml: Nvml, name: string, gpu: Handle | undefined, size: number): Answer<string> {
  const buffer = Buffer.alloc(size)
  const code = nvml.call(name, ...(gpu === undefined ? [] : [gpu]), buffer, size)
  return answer(code, () => textIn(buffer))
}

/** The text before the first zero byte. */
export function textIn(buffer: Buffer): string {
  const end = buffer.indexOf(0)
  return buffer.toString('utf8', 0, end < 0 ? buffer.length : end)
}

/** Calls `name(gpu, …args, pointer)`. */
function out(name: string, size: number, read: (buffer: Buffer) => number, ...args: readonly Argument[]): Question {
  return (nvml, gpu) => {
    const buffer = Buffer.alloc(size)
    return answer(nvml.call(name, gpu, ...args, buffer), () => read(buffer))
  }
}

function unsigned(name: string, ...args: readonly Argument[]): Question {
  return out(name, 4, (buffer) => buffer.readUInt32LE(0), ...args)
}

function unsigned64(name: string): Question {
  return out(name, 8, (buffer) => Number(buffer.readBigUInt64LE(0)))
}

/** A structure that begins with its size and version. */
function versioned(name: string, size: number, version: number, read: (buffer: Buffer) => number): Question {
  return (nvml, gpu) => {
    const buffer = structure(size, version)
    return answer(nvml.call(name, gpu, buffer), () => read(buffer))
  }
}

/** nvml.h, `NVML_STRUCT_VERSION`: the size, and the version in the highest byte. */
export function structure(size: number, version: number): Buffer {
  const buffer = Buffer.alloc(size)
  buffer.writeUInt32LE((size | (version << 24)) >>> 0)
  return buffer
}

/** The newest function that the driver has answers. */
function firstOf(newer: Question, older: Question): Question {
  return (nvml, gpu) => {
    const found = newer(nvml, gpu)
    return 'code' in found && found.code === codes.functionNotFound ? older(nvml, gpu) : found
  }
}

/** nvml.h, `nvmlFieldValue_t` and `nvmlValueType_t`: 0 double, 1 unsigned int, 2 and 3 unsigned 64 bit, 4 and 5 signed. */
function field(id: number): Question {
  return (nvml, gpu) => {
    const buffer = Buffer.alloc(40)
    buffer.writeUInt32LE(id)
    const code = nvml.call('nvmlDeviceGetFieldValues', gpu, 1, buffer) || buffer.readUInt32LE(28)
    return answer(code, () => valueIn(buffer, buffer.readUInt32LE(24)))
  }
}

function valueIn(buffer: Buffer, type: number): number {
  switch (type) {
    case 0:
      return buffer.readDoubleLE(32)
    case 1:
      return buffer.readUInt32LE(32)
    case 4:
      return Number(buffer.readBigInt64LE(32))
    case 5:
      return buffer.readInt32LE(32)
    default:
      return Number(buffer.readBigUInt64LE(32))
  }
}
