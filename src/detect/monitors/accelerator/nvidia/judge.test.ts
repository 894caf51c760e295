/** What the monitor says of one GPU, with the child that asks a stand-in of NVIDIA's library. */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { systemClock } from '../../../../telemetry/clock.ts'
import { type Children, systemChildren } from '../../../host/children.ts'
import type { NvmlDocument } from '../../../nvml/document.ts'
import { addresses, healthy, noCompiler, type Script, StandIn } from '../../../nvml/testing/stand-in.ts'
import { lookerOf, looksAt, names, withPci } from './testing/machine.ts'

const [first, second] = addresses

describe('an NVIDIA GPU', { skip: noCompiler }, () => {
  const machine = withPci(new StandIn(), 2)
  after(() => machine.end())
  const { levelsAfter, levelsOf } = looksAt(machine)

  it('tells what the driver asks for', async () => {
    const asked: readonly (readonly [number, string])[] = [
      [1, `over NvidiaGpuResetRequested: the driver asks to reset it: ${names[0]} on ${first}`],
      [2, `over NvidiaRebootRequested: the driver asks for a reboot: ${names[0]} on ${first}`],
      [3, `over NvidiaPeerDrainRequested: the driver asks to end peer-to-peer jobs: ${names[0]} on ${first}`],
      [4, `over NvidiaGpuResetRequested: the driver asks to end its jobs and reset it: ${names[0]} on ${first}`],
      [5, `over NvidiaImexRecoveryRequested: the driver asks to recover the IMEX domain: ${names[0]} on ${first}`],
    ]
    for (const [action, level] of asked)
      assert.deepEqual(await levelsOf(`nvmlDeviceGetFieldValues 0.230 0 ${action}`), [level])
  })

  it('tells broken memory by its state', async () => {
    assert.deepEqual(
      await levelsOf(
        'nvmlDeviceGetRemappedRows 1 0 0 512 1 1',
        'nvmlDeviceGetRowRemapperHistogram 1 0 1270 4 3 2 1',
        'nvmlDeviceGetRepairStatus 1 0 1',
        'nvmlDeviceGetSramEccErrorStatus 1 0 1',
        'nvmlDeviceGetMemoryErrorCounter 1.101 0 3',
        'nvmlDeviceGetMemoryErrorCounter 1.107 0 3',
        'nvmlDeviceGetMemoryErrorCounter 1.102 0 1',
        'nvmlDeviceGetEccMode 1 0 1 0',
      ),
      [
        `over NvidiaRowRemapFailure: a broken row of memory cannot be remapped: ${names[1]} on ${second}`,
        `over NvidiaRowRemapPending: a row of memory is remapped at the next reset: ${names[1]} on ${second}`,
        `over NvidiaRowRemapLimit: 512 rows of memory were remapped: ${names[1]} on ${second}`,
        `over NvidiaSpareRowsExhausted: 1 banks of memory have no spare row left: ${names[1]} on ${second}`,
        `over NvidiaChannelRepairPending: a memory channel is repaired at the next reboot: ${names[1]} on ${second}`,
        `over NvidiaDoubleBitError: uncorrectable errors since the driver was loaded, 3 in L2 cache, 3 in SRAM: ${names[1]} on ${second}`,
        `over NvidiaUncorrectableMemoryError: 1 uncorrectable memory errors since the driver was loaded: ${names[1]} on ${second}`,
        `over NvidiaSramThresholdExceeded: the GPU's SRAM has passed its error threshold: ${names[1]} on ${second}`,
        `over NvidiaEccChangePending: error correction changes at the next reset: ${names[1]} on ${second}`,
      ],
    )
  })

  it('counts retired pages of older GPUs', async () => {
    const pages = (single: number, double: number): Script => [
      'nvmlDeviceGetRemappedRows 0 3',
      `nvmlDeviceGetFieldValues 0.29 0 ${single}`,
      `nvmlDeviceGetFieldValues 0.30 0 ${double}`,
    ]
    assert.deepEqual(await levelsOf(...pages(40, 19), 'nvmlDeviceGetFieldValues 0.31 0 1'), [
      `over NvidiaPageRetirementPending: a page of memory is retired at the next reset: ${names[0]} on ${first}`,
    ])
    assert.deepEqual(await levelsOf(...pages(45, 18)), [
      `over NvidiaPageRetirement: 63 pages of memory are retired, 18 of them for uncorrectable errors: ${names[0]} on ${first}`,
      `over NvidiaPageRetirementLimit: 63 pages of memory are retired: ${names[0]} on ${first}`,
    ])
  })

  it('tells heat by the margin that the GPU names, and by the limits of older ones', async () => {
    const hot = (limit: string, celsius: number): string =>
      `over ${limit}: ${celsius} °C, where the GPU ${limit === 'NvidiaOverheated' ? 'switches itself off' : 'slows itself down'}: ${names[0]} on ${first}`
    const at = (celsius: number): string => `nvmlDeviceGetTemperature 0.0 0 ${celsius}`
    assert.deepEqual(await levelsOf(at(85), 'nvmlDeviceGetMarginTemperature 0 0 -1'), [])
    assert.deepEqual(await levelsOf(at(87), 'nvmlDeviceGetMarginTemperature 0 0 -2'), [hot('NvidiaThermalError', 87)])
    assert.deepEqual(await levelsOf(at(90), 'nvmlDeviceGetMarginTemperature 0 0 -5'), [
      hot('NvidiaThermalError', 90),
      hot('NvidiaOverheated', 90),
    ])
    const older = [
      'nvmlDeviceGetMarginTemperature 0 3',
      'nvmlDeviceGetFieldValues 0.193 3',
      'nvmlDeviceGetFieldValues 0.194 3',
    ]
    assert.deepEqual(await levelsOf(...older, at(88)), [])
    assert.deepEqual(await levelsOf(...older, at(89)), [hot('NvidiaThermalError', 89)])
    assert.deepEqual(await levelsOf(...older, at(92)), [hot('NvidiaThermalError', 92), hot('NvidiaOverheated', 92)])
  })

  it('looks at the speed of PCIe only while the GPU works, at its width always', async () => {
    assert.deepEqual(await levelsOf('nvmlDeviceGetUtilizationRates 0 0 50 10'), [
      `over NvidiaPCIeLinkSlow: PCIe generation 1 of 5 under load: ${names[0]} on ${first}`,
    ])
    assert.deepEqual(await levelsOf('nvmlDeviceGetCurrPcieLinkWidth 0 0 8'), [
      `over NvidiaPCIeLinkNarrow: PCIe x8 of x16: ${names[0]} on ${first}`,
    ])
    assert.deepEqual(await levelsOf('nvmlDeviceGetCurrPcieLinkWidth 0 0 4'), [
      `over NvidiaPCIeLinkNarrow: PCIe x4 of x16: ${names[0]} on ${first}`,
      `over NvidiaPCIeLinkBelowHalf: PCIe x4 of x16: ${names[0]} on ${first}`,
    ])
  })

  it('compares the lanes of a GPU with what they were, and with another of its model', async () => {
    const down = (...lanes: readonly number[]): Script => lanes.map((lane) => `nvmlDeviceGetNvLinkState 0.${lane} 0 0`)
    const two = `over NvidiaNVLinkDown: 2 NVLink lanes are down (2 are up, down: 1, 3): ${names[0]} on ${first}`
    assert.deepEqual(await levelsOf(...down(1, 3)), [two])
    assert.deepEqual(await levelsAfter([], down(1, 3)), [two])
    assert.deepEqual(await levelsAfter([], down(0, 1, 2, 3)), [
      `over NvidiaNVLinkDown: 4 NVLink lanes are down (0 are up, down: 0, 1, 2, 3): ${names[0]} on ${first}`,
      `over NvidiaNVLinkError: no NVLink lane is up any more: ${names[0]} on ${first}`,
    ])
    assert.deepEqual(await levelsAfter(down(1, 3), []), [])
    // Cards whose bridge was never there.
    assert.deepEqual(await levelsOf(...down(0, 1, 2, 3)), [])
  })

  it('counts what grows: replays, checksum errors, recoveries, corrected errors', async () => {
    const grown: Script = [
      'nvmlDeviceGetPcieReplayCounter 0 0 101',
      'nvmlDeviceGetNvLinkErrorCounter 0.12 0 6001',
      'nvmlDeviceGetNvLinkErrorCounter 0.21 0 1',
      'nvmlDeviceGetMemoryErrorCounter 0.2 0 101',
    ]
    assert.deepEqual(await levelsOf(...grown), []) // the first look knows no growth
    assert.deepEqual(await levelsAfter([], grown), [
      `over NvidiaCorrectedErrorRate: 101 memory errors were corrected in ten minutes: ${names[0]} on ${first}`,
      `over NvidiaPCIeError: 101 PCIe replays per minute: ${names[0]} on ${first}`,
      `over NvidiaNVLinkRecovery: 1 NVLink recoveries in ten minutes: ${names[0]} on ${first}`,
      `over NvidiaNVLinkChecksumErrors: 100 NVLink checksum errors per second: ${names[0]} on ${first}`,
    ])
  })

  it('needs several looks to say that a GPU is slowed down, and ignores limits of software', async () => {
    const clocks = (bits: string): Script => [`nvmlDeviceGetCurrentClocksEventReasons 0 0 ${bits}`]
    const six = (bits: string) => Array.from({ length: 6 }, () => clocks(bits))
    assert.deepEqual(await levelsAfter(...six('0x40').slice(2)), [])
    assert.deepEqual(await levelsAfter(...six('0x48')), [
      `over NvidiaClockSlowdown: the GPU slowed itself down at 100 % of the looks of ten minutes: ${names[0]} on ${first}`,
    ])
    assert.deepEqual(await levelsAfter(...six('0x88')), [
      `over NvidiaPowerError: power brake at 5 looks in ten minutes: ${names[0]} on ${first}`,
    ])
    // Idle, application clocks, software power cap, sync boost, software thermal, display.
    assert.deepEqual(await levelsAfter(...six('0x137')), [])
  })

  it('decodes the state of the fabric, and takes a healthy mask as one', async () => {
    const failed = (what: string): readonly string[] => [
      `over NvidiaFabricError: NVLink fabric: ${what}: ${names[0]} on ${first}`,
    ]
    const fabric = (state: number, status: number, health: number): Promise<readonly string[]> =>
      levelsOf(`nvmlDeviceGetGpuFabricInfoV 0 0 ${state} ${status} ${health}`)
    for (const health of [0x0, 0x80, 0x1aa, 0xf00]) assert.deepEqual(await fabric(3, 0, health), [], `${health}`)
    assert.deepEqual(await fabric(3, 0, 0x11), [
      ...failed('routes are broken'),
      `over NvidiaFabricBandwidthReduced: the NVLink fabric has lost bandwidth: ${names[0]} on ${first}`,
    ])
    assert.deepEqual(await fabric(3, 0, 0x204), failed('routes are being recovered, the configuration is wrong (2)'))
    assert.deepEqual(await fabric(3, 0, 0x40), failed('accesses time out'))
    assert.deepEqual(await fabric(3, 10, 0), failed('joining it ended with NVML error 10'))
    assert.deepEqual(await fabric(2, 0, 0x11), [
      `over NvidiaFabricNotReady: the GPU has yet to join the NVLink fabric: ${names[0]} on ${first}`,
    ])
    for (const state of [0, 1]) assert.deepEqual(await fabric(state, 0, 0), [])
  })

  it('tells settings that wait, and a damaged InfoROM', async () => {
    assert.deepEqual(
      await levelsOf(
        'nvmlDeviceGetMigMode 0 0 0 1',
        'nvmlDeviceGetPersistenceMode 0 0 0',
        'nvmlDeviceGetInforomImageVersion 0 14',
      ),
      [
        `over NvidiaMigChangePending: MIG is off, and on after a reset: ${names[0]} on ${first}`,
        `over NvidiaPersistenceOff: persistence mode is off: ${names[0]} on ${first}`,
        `over NvidiaInforomCorrupted: the InfoROM is corrupted: ${names[0]} on ${first}`,
      ],
    )
  })

  it('tells memory that no process holds, where the driver names the processes', async () => {
    machine.says([...healthy(), 'nvmlDeviceGetMemoryInfo_v2 0 0 2147483648'])
    const leaked = [
      `over NvidiaMemoryLeaked: 2147483648 bytes of memory are in use without a process: ${names[0]} on ${first}`,
    ]
    for (const [count, expected] of [[0, leaked] as const, [1, []] as const]) {
      const { levels } = await lookerOf(machine, withProcesses(machine, count)).look()
      assert.deepEqual(
        levels.filter((level) => !level.startsWith('kept ')),
        expected,
      )
    }
  })
})

/** The child's answers as on a machine whose driver names so many processes on each GPU: a container sees none. */
function withProcesses({ root }: StandIn, count: number): Children {
  const children = systemChildren(root, systemClock)
  return {
    leftBehind: 0,
    follow: (following) => children.follow(following),
    async run(command) {
      const outcome = await children.run(command)
      if (outcome.kind !== 'ended') return outcome
      const document = JSON.parse(outcome.output) as NvmlDocument // the child is ours
      const gpus = document.gpus.map((gpu) => ({ ...gpu, processes: { value: count } }))
      return { ...outcome, output: JSON.stringify({ ...document, gpus }) }
    },
  }
}
