/** The child that asks NVML, as a process, against a stand-in of the library. */
import assert from 'node:assert/strict'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { systemClock } from '../../telemetry/clock.ts'
import { systemChildren } from '../host/children.ts'
import type { Gpu, NvmlDocument } from './document.ts'
import { healthy, noCompiler, type Script, StandIn } from './testing/stand-in.ts'

const children = systemChildren('/', systemClock)
const program = join(import.meta.dirname, 'main.ts')

async function outcomeOf(root: string, deadlineMs = 20_000) {
  return children.run({
    name: 'nvml',
    file: process.execPath,
    args: [program, root],
    deadlineMs,
    mostBytes: 1e6,
    own: true,
  })
}

async function documentOf(standIn: StandIn): Promise<NvmlDocument> {
  const outcome = await outcomeOf(standIn.root)
  assert.equal(outcome.kind, 'ended', JSON.stringify(outcome))
  return JSON.parse('output' in outcome ? outcome.output : '') as NvmlDocument // main.ts wrote it
}

describe('asking NVML', { skip: noCompiler }, () => {
  const machine = new StandIn()
  const old = new StandIn({ old: true })
  after(() => {
    machine.end()
    old.end()
  })
  const gpusOf = async (...more: Script): Promise<readonly Gpu[]> =>
    (await documentOf(machine.says([...healthy(), ...more]))).gpus

  it('tells identity, driver and every answer of a healthy GPU', async () => {
    const { driver, count, gpus, init } = await documentOf(machine.says(healthy()))
    assert.deepEqual({ driver, count, init }, { driver: { value: '575.57.08' }, count: { value: 2 }, init: 0 })
    const [first] = gpus
    assert.equal(gpus.length, 2)
    assert.deepEqual(first?.address, { value: '0000:18:00.0' })
    assert.deepEqual(first?.serial, { value: '1654220000001' })
    assert.deepEqual(first?.temperatureMargin, { value: 50 })
    assert.deepEqual([first?.slowdownMargin, first?.recoveryAction], [{ value: -2 }, { value: 0 }])
    assert.deepEqual(first?.fabric, { value: { state: 3, status: 0, health: 0x80 } })
    assert.deepEqual(first?.spareRows, { value: { max: 1280, high: 0, partial: 0, low: 0, none: 0 } })
    assert.equal(first?.links.length, 4)
    assert.deepEqual(first?.links[3], {
      link: 3,
      active: 1,
      remote: '0000:86:00.0',
      replays: 0,
      recoveries: 0,
      crcErrors: 0,
    })
    const refused = Object.entries(first ?? {}).filter(([, answer]) => 'code' in Object(answer))
    // Ampere and newer GPUs remap rows and retire no pages; the stand-in is no GPU with channel repair.
    assert.deepEqual(refused.map(([name]) => name).sort(), [
      'channelRepairPending',
      'retiredDoubleBit',
      'retiredSingleBit',
      'retirementPending',
    ])
  })

  it('keeps errors of one GPU apart from those of its neighbour, by kind and location', async () => {
    const gpus = await gpusOf(
      'nvmlDeviceGetMemoryErrorCounter 1.107 0 2',
      'nvmlDeviceGetMemoryErrorCounter 1.12 0 4294967296',
      'nvmlDeviceGetRemappedRows 1 0 3 1 1 0',
    )
    assert.deepEqual(gpus[0]?.ecc.volatile.uncorrected, { dram: 0, sram: 0 })
    assert.deepEqual(gpus[1]?.ecc.volatile.uncorrected, { dram: 0, sram: 2 })
    assert.deepEqual(gpus[1]?.ecc.aggregate.corrected, { dram: 4_294_967_296, sram: 0 })
    assert.deepEqual(gpus[1]?.rows, { value: { corrected: 3, uncorrected: 1, pending: 1, failure: 0 } })
  })

  it('names the MIG devices of a GPU', async () => {
    const [first] = await gpusOf(
      'nvmlDeviceGetMigMode 0 0 1 1',
      'nvmlDeviceGetMaxMigDeviceCount 0 0 7',
      'nvmlDeviceGetMigDeviceHandleByIndex 0.2 0',
    )
    const instances = ['MIG-GPU-00000000-aaaa-bbbb-cccc-0123456789ab']
    assert.deepEqual(first?.mig, { value: { current: 1, pending: 1, instances } })
  })

  it('tells a lost GPU by the code of its handle, and a half lost one by the code of each answer', async () => {
    const [first] = await gpusOf('nvmlDeviceGetHandleByIndex_v2 0 15')
    assert.deepEqual([first?.handle, first?.uuid, first?.links], [15, { code: 15 }, []])
    const [, second] = await gpusOf('nvmlDeviceGetTemperature 1.0 15')
    assert.deepEqual([second?.handle, second?.temperature], [0, { code: 15 }])
  })

  it('asks an old driver what it has, and takes the rest as unknown', async () => {
    const script = [
      ...healthy(),
      'nvmlDeviceGetCurrentClocksThrottleReasons * 0 0x48',
      'nvmlDeviceGetGpuFabricInfo * 3',
    ]
    const [first] = (await documentOf(old.says(script))).gpus
    assert.deepEqual(first?.clockReasons, { value: 0x48 })
    assert.deepEqual(
      [first?.temperatureMargin, first?.gspFirmware, first?.memoryUsed],
      [{ code: 13 }, { code: 13 }, { code: 13 }],
    )
    assert.deepEqual(first?.fabric, { code: 3 })
    assert.deepEqual(first?.rows, { value: { corrected: 0, uncorrected: 0, pending: 0, failure: 0 } })
  })

  it('finds the driver of the GPU operator with its devices', async () => {
    const operator = new StandIn({ folder: 'run/nvidia/driver/usr/lib/x86_64-linux-gnu' })
    const outside = await documentOf(operator.says(healthy(1)))
    assert.deepEqual(outside.count, { value: 1 })
    operator.file('run/nvidia/driver/dev/nvidiactl', '').file('run/nvidia/driver/nvml.script', healthy(2).join('\n'))
    const { count } = await documentOf(operator)
    operator.end()
    assert.deepEqual(count, { value: process.getuid?.() === 0 ? 2 : 1 })
  })

  it('says which right is missing where it may not change its root', {
    skip:
      process.getuid?.() !== 0 || existsSync('/dev/nvidiactl') || !existsSync('/usr/bin/setpriv')
        ? 'needs root, setpriv, and no NVIDIA driver'
        : false,
  }, async () => {
    machine.says(healthy()).file('dev/nvidiactl', '')
    const [file, args] = ['setpriv', ['--bounding-set=-sys_chroot', process.execPath, program, machine.root]]
    const outcome = await children.run({ name: 'nvml', file, args, deadlineMs: 20_000, mostBytes: 1e6, own: true })
    rmSync(join(machine.root, 'dev'), { recursive: true })
    assert.match('output' in outcome ? outcome.output : '', /"denied":"\/dev\/nvidiactl: without CAP_SYS_CHROOT"/)
  })

  it('tells why the driver cannot be initialised', async () => {
    const { init, gpus, library } = await documentOf(machine.says(['nvmlInit_v2 -1 18']))
    assert.deepEqual({ init, gpus }, { init: 18, gpus: [] })
    assert.match(library ?? '', /libnvidia-ml\.so\.1$/)
  })

  it('is killed when the driver hangs, and tells which GPU it was asking', async () => {
    machine.says([...healthy(), 'nvmlDeviceGetPowerUsage 1 hang'])
    const outcome = await outcomeOf(machine.root, 3_000)
    assert.deepEqual(outcome, {
      kind: 'failed',
      why: 'nvml did not answer within 3 s; the last that it said: asking GPU 1',
      late: true,
    })
  })
})
