/** Everything that is asked about one GPU. */
import { readlinkSync } from 'node:fs'
import type { Answer, Gpu } from './document.ts'
import { answer, type Nvml } from './library.ts'
import { addressIn, askFabric, askLinks } from './links.ts'
import { askEcc, askRows, askSpareRows } from './memory.ts'
import { askAll, type Handle, text } from './questions.ts'

export function askGpu(nvml: Nvml, index: number): Gpu {
  const out = Buffer.alloc(8)
  const code = nvml.call('nvmlDeviceGetHandleByIndex_v2', index, out)
  // A call with no handle returns "invalid argument" and not a device; the code of the handle says why.
  const gpu: Handle = code === 0 ? out.readBigUInt64LE(0) : 0n
  const asked = code === 0 ? nvml : { ...nvml, call: () => code }
  const processes = seesProcesses() && { processes: countProcesses(asked, gpu) }
  return {
    index,
    handle: code,
    address: addressOf(asked, gpu),
    ...askAll(asked, gpu),
    ecc: askEcc(asked, gpu),
    rows: askRows(asked, gpu),
    spareRows: askSpareRows(asked, gpu),
    links: askLinks(asked, gpu),
    fabric: askFabric(asked, gpu),
    mig: askMig(asked, gpu),
    ...processes,
  }
}

function addressOf(nvml: Nvml, gpu: Handle): Answer<string> {
  const pci = Buffer.alloc(68)
  return answer(nvml.call('nvmlDeviceGetPciInfo_v3', gpu, pci), () => addressIn(pci))
}

/** The first namespace of process ids has this inode on every kernel: include/linux/proc_ns.h, PROC_PID_INIT_INO. */
const firstPidNamespace = 'pid:[4026531836]'

/** The driver names only processes of the asker's own PID namespace. */
function seesProcesses(): boolean {
  try {
    return readlinkSync('/proc/self/ns/pid') === firstPidNamespace
  } catch {
    return false
  }
}

/** With room for no process, NVML says how many there are, and "buffer too small". */
function countProcesses(nvml: Nvml, gpu: Handle): Answer<number> {
  const tooSmall = 7
  const count = Buffer.alloc(4)
  const nothing = Buffer.alloc(24)
  const code = nvml.call('nvmlDeviceGetComputeRunningProcesses_v3', gpu, count, nothing)
  return answer(code === tooSmall ? 0 : code, () => count.readUInt32LE(0))
}

function askMig(nvml: Nvml, gpu: Handle): Gpu['mig'] {
  const [current, pending] = [Buffer.alloc(4), Buffer.alloc(4)]
  const code = nvml.call('nvmlDeviceGetMigMode', gpu, current, pending)
  return answer(code, () => ({
    current: current.readUInt32LE(0),
    pending: pending.readUInt32LE(0),
    instances: current.readUInt32LE(0) === 1 ? instancesOf(nvml, gpu) : [],
  }))
}

/** UUIDs of the MIG devices of a GPU. */
function instancesOf(nvml: Nvml, gpu: Handle): readonly string[] {
  const count = Buffer.alloc(4)
  if (nvml.call('nvmlDeviceGetMaxMigDeviceCount', gpu, count) !== 0) return []
  return Array.from({ length: count.readUInt32LE(0) }).flatMap((_none, index) => {
    const out = Buffer.alloc(8)
    if (nvml.call('nvmlDeviceGetMigDeviceHandleByIndex', gpu, index, out) !== 0) return []
    const uuid = text(nvml, 'nvmlDeviceGetUUID', out.readBigUInt64LE(0), 96)
    return 'value' in uuid ? [uuid.value] : []
  })
}
