/**
 * The child that asks NVML: `node main.ts ROOT` prints one JSON document about the machine whose `/` is ROOT. A process
 * of its own, because calls of a sick driver never return (docs/adr/0037-nvml-in-a-child.md). What it was asking last
 * stands on standard error.
 */
import { writeSync } from 'node:fs'
import { type Answer, codes, type Gpu, type NvmlDocument } from './document.ts'
import { askGpu } from './gpu.ts'
import { answer, type Nvml, openNvml } from './library.ts'
import { text } from './questions.ts'

/** No machine has more; a driver that answers with more is broken. */
const mostGpus = 64

function main(root: string): NvmlDocument {
  const missing = { code: codes.functionNotFound }
  const opened = openNvml(root)
  const nothing = { init: missing.code, driver: missing, count: missing, gpus: [] }
  if ('denied' in opened) return { ...nothing, denied: opened.denied }
  if ('missing' in opened) return nothing
  const { nvml } = opened
  writeSync(2, 'initialising the driver\n')
  const init = nvml.call('nvmlInit_v2')
  const driver = text(nvml, 'nvmlSystemGetDriverVersion', undefined, 80)
  if (init !== 0) return { library: nvml.file, init, driver, count: { code: init }, gpus: [] }
  const count = countOf(nvml)
  const gpus =
    'value' in count ? Array.from({ length: Math.min(count.value, mostGpus) }, (_none, index) => ask(nvml, index)) : []
  nvml.call('nvmlShutdown')
  return { library: nvml.file, init, driver, count, gpus }
}

function countOf(nvml: Nvml): Answer<number> {
  const count = Buffer.alloc(4)
  return answer(nvml.call('nvmlDeviceGetCount_v2', count), () => count.readUInt32LE(0))
}

function ask(nvml: Nvml, index: number): Gpu {
  writeSync(2, `asking GPU ${index}\n`)
  return askGpu(nvml, index)
}

writeSync(1, JSON.stringify(main(process.argv[2] ?? '/')))
