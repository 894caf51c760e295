/** Builds the stand-in for NVIDIA's library with this machine's compiler, and writes the file that it answers from. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** Why the tests with the stand-in cannot run; false when they can. */
export const noCompiler = spawnSync('cc', ['--version']).status === 0 ? false : 'needs a C compiler (cc)'

/** What the library answers: lines `FUNCTION GPU[.PART] CODE [VALUE…]`, see nvml.c. */
export type Script = readonly string[]

/** A machine with the stand-in in its /usr/lib64, or in another folder. */
export class StandIn {
  readonly root = mkdtempSync(join(tmpdir(), 'nodemend-nvml-'))

  /** `old`: a driver before 535. */
  constructor({ old = false, folder = 'usr/lib64' } = {}) {
    const file = join(this.root, folder, 'libnvidia-ml.so.1')
    mkdirSync(dirname(file), { recursive: true })
    const source = join(import.meta.dirname, 'nvml.c')
    const script = `-DSCRIPT="${join(this.root, 'nvml.script')}"`
    execFileSync('cc', ['-shared', '-fPIC', script, ...(old ? ['-DOLD'] : []), '-o', file, source])
  }

  /** Later lines win over earlier ones, and a line for one GPU over one for all. */
  says(script: Script): this {
    return this.file('nvml.script', `${script.join('\n')}\n`)
  }

  file(path: string, text: string): this {
    mkdirSync(dirname(join(this.root, path)), { recursive: true })
    writeFileSync(join(this.root, path), text)
    return this
  }

  end(): void {
    rmSync(this.root, { recursive: true })
  }
}

/** PCI addresses of the GPUs of {@link healthy}. */
export const addresses = ['0000:18:00.0', '0000:2a:00.0', '0000:3a:00.0', '0000:5d:00.0'] as const

/** A machine with `count` data-centre GPUs on which all is well. */
export function healthy(count = 2): Script {
  const all = (line: string): string => line.replace(' ', ' * ')
  const links = [0, 1, 2, 3].flatMap((link) => [
    `nvmlDeviceGetNvLinkState *.${link} 0 1`,
    `nvmlDeviceGetNvLinkRemotePciInfo_v2 *.${link} 0 00000000:86:00.0`,
    ...[0, 1, 2, 3].map((counter) => `nvmlDeviceGetNvLinkErrorCounter *.${link * 10 + counter} 0 0`),
  ])
  const ecc = [0, 10, 100, 110].flatMap((kind) =>
    [2, 7].map((location) => `nvmlDeviceGetMemoryErrorCounter *.${kind + location} 0 0`),
  )
  return [
    `nvmlDeviceGetCount_v2 -1 0 ${count}`,
    'nvmlSystemGetDriverVersion -1 0 575.57.08',
    ...addresses
      .slice(0, count)
      .flatMap((address, gpu) => [
        `nvmlDeviceGetPciInfo_v3 ${gpu} 0 0000${address.toUpperCase()}`,
        `nvmlDeviceGetUUID ${gpu} 0 GPU-0000000${gpu}-aaaa-bbbb-cccc-0123456789ab`,
        `nvmlDeviceGetSerial ${gpu} 0 16542200${gpu}0001`,
      ]),
    ...[
      'nvmlDeviceGetName 0 NVIDIA H100 80GB HBM3',
      'nvmlDeviceGetBoardPartNumber 0 692-2G520-0200-000',
      'nvmlDeviceGetVbiosVersion 0 96.00.89.00.01',
      'nvmlDeviceGetInforomImageVersion 0 G520.0200.00.05',
      'nvmlDeviceGetGspFirmwareVersion 0 575.57.08',
      'nvmlDeviceGetCurrentClocksEventReasons 0 0x1',
      'nvmlDeviceGetMarginTemperature 0 50',
      'nvmlDeviceGetPowerUsage 0 98000',
      'nvmlDeviceGetCurrPcieLinkWidth 0 16',
      'nvmlDeviceGetMaxPcieLinkWidth 0 16',
      'nvmlDeviceGetCurrPcieLinkGeneration 0 1',
      'nvmlDeviceGetMaxPcieLinkGeneration 0 5',
      'nvmlDeviceGetPcieReplayCounter 0 0',
      'nvmlDeviceGetPerformanceState 0 0',
      'nvmlDeviceGetPersistenceMode 0 1',
      'nvmlDeviceGetUtilizationRates 0 0 0',
      'nvmlDeviceGetEccMode 0 1 1',
      'nvmlDeviceGetSramEccErrorStatus 0 0',
      'nvmlDeviceGetRemappedRows 0 0 0 0 0',
      'nvmlDeviceGetRowRemapperHistogram 0 1280 0 0 0 0',
      'nvmlDeviceGetGpuFabricInfoV 0 3 0 0x80',
      'nvmlDeviceGetMigMode 0 0 0',
      'nvmlDeviceGetMemoryInfo_v2 0 0',
      'nvmlDeviceGetComputeRunningProcesses_v3 0 0',
    ].map(all),
    'nvmlDeviceGetTemperature *.0 0 37',
    'nvmlDeviceGetTemperatureThreshold *.0 0 92',
    'nvmlDeviceGetTemperatureThreshold *.1 0 89',
    'nvmlDeviceGetFieldValues *.230 0 0',
    'nvmlDeviceGetFieldValues *.193 0 -5',
    'nvmlDeviceGetFieldValues *.194 0 -2',
    ...ecc,
    ...links,
  ]
}
