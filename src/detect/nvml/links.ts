/** The questions about what joins a GPU to others: its NVLink lanes and the fabric. */
import { type Answer, codes, type Fabric, type Link } from './document.ts'
import { answer, type Nvml } from './library.ts'
import { type Handle, structure, textIn } from './questions.ts'

/** nvml.h, `NVML_NVLINK_MAX_LINKS` of API 13; drivers refuse the numbers that they do not know. */
const mostLinks = 36
/** nvml.h, `nvmlNvLinkErrorCounter_t`. */
const counters = { replay: 0, recovery: 1, crcFlit: 2, crcData: 3 } as const

/** Ends at the first number that the driver refuses. */
export function askLinks(nvml: Nvml, gpu: Handle): readonly Link[] {
  const links: Link[] = []
  for (let link = 0; link < mostLinks; link++) {
    const active = Buffer.alloc(4)
    if (nvml.call('nvmlDeviceGetNvLinkState', gpu, link, active) !== 0) break
    const count = (counter: number): number => {
      const out = Buffer.alloc(8)
      const code = nvml.call('nvmlDeviceGetNvLinkErrorCounter', gpu, link, counter, out)
      return code === 0 ? Number(out.readBigUInt64LE(0)) : 0
    }
    const pci = Buffer.alloc(68)
    const remote = nvml.call('nvmlDeviceGetNvLinkRemotePciInfo_v2', gpu, link, pci) === 0 && addressIn(pci)
    links.push({
      link,
      active: active.readUInt32LE(0),
      ...(remote !== false && { remote }),
      replays: count(counters.replay),
      recoveries: count(counters.recovery),
      crcErrors: count(counters.crcFlit) + count(counters.crcData),
    })
  }
  return links
}

/** The address in an `nvmlPciInfo_t`, written as the kernel does: `00000000:3B:00.0` is `0000:3b:00.0`. */
export function addressIn(pci: Buffer): string {
  return textIn(pci.subarray(36))
    .toLowerCase()
    .replace(/^0000(?=[\da-f]{4}:)/, '')
}

/** `nvmlGpuFabricInfo_v3_t`, version 2 without the summary, and `nvmlGpuFabricInfo_t` of drivers before 550. */
export function askFabric(nvml: Nvml, gpu: Handle): Answer<Fabric> {
  for (const [size, version] of [
    [40, 3],
    [36, 2],
  ] as const) {
    const out = structure(size, version)
    const code = nvml.call('nvmlDeviceGetGpuFabricInfoV', gpu, out)
    if (code === codes.functionNotFound) break
    if (code === codes.argumentVersion) continue
    return answer(code, () => ({
      state: out.readUInt8(28),
      status: out.readUInt32LE(20),
      health: out.readUInt32LE(32),
    }))
  }
  const out = Buffer.alloc(28)
  const code = nvml.call('nvmlDeviceGetGpuFabricInfo', gpu, out)
  return answer(code, () => ({ state: out.readUInt8(24), status: out.readUInt32LE(16) }))
}
