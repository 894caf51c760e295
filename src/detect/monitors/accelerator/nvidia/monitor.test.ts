/** The monitor with the child that asks NVML, against a stand-in of NVIDIA's library. */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import type { ChildOutcome } from '../../../host/children.ts'
import { ScriptedChildren } from '../../../host/testing/scripted-children.ts'
import { addresses, healthy, noCompiler, StandIn } from '../../../nvml/testing/stand-in.ts'
import { lookerOf, looksAt, minute, names, withPci } from './testing/machine.ts'

const [first, second] = addresses

describe('nvidia', { skip: noCompiler }, () => {
  const machine = withPci(new StandIn(), 2)
  after(() => machine.end())
  const { levelsOf } = looksAt(machine)

  it('is quiet on healthy GPUs, and measures them', async () => {
    machine.says(healthy())
    const { levels, gauges, state } = await lookerOf(machine).look()
    assert.deepEqual([state, levels.filter((level) => !level.startsWith('kept '))], ['checked', []])
    assert.ok(gauges.includes('nodemend_nvidia_gpus 2'))
    assert.ok(gauges.includes(`nodemend_nvidia_temperature_celsius{device="${second}"} 37`))
    assert.ok(gauges.includes(`nodemend_nvidia_power_watts{device="${first}"} 98`))
  })

  it('tells a fabric manager that does not run where there are NVSwitches', async () => {
    const board = withPci(new StandIn(), 1)
    const folder = 'sys/bus/pci/devices/0000:86:00.0'
    board
      .file(`${folder}/vendor`, '0x10de\n')
      .file(`${folder}/device`, '0x22a3\n')
      .file(`${folder}/class`, '0x068000\n')
    board.says([...healthy(1), 'nvmlDeviceGetGpuFabricInfoV 0 0 1 0 0'])
    const { levels } = await lookerOf(board).look()
    board.end()
    assert.ok(
      levels.includes(
        `over FabricManagerNotRunning: nothing has begun to join the GPU to the NVSwitches: ${names[0]} on ${first}`,
      ),
    )
    assert.ok(!levels.some((level) => level.includes('NvidiaFabricNotReady:')))
  })

  it('names a GPU that was lost by what it called itself before, and keeps its findings', async () => {
    const { look, clock } = lookerOf(machine)
    machine.says([...healthy(), 'nvmlDeviceGetRemappedRows 1 0 0 1 1 0'])
    await look()
    await clock.advance(minute)
    machine.says([...healthy(), 'nvmlDeviceGetHandleByIndex_v2 1 15'])
    const { levels } = await look()
    assert.ok(levels.includes(`over NvidiaGpuLost: the driver has lost the GPU: ${names[1]} on ${second}`))
    assert.ok(levels.includes(`kept NvidiaRowRemapPending on ${second}`))
    assert.deepEqual(await levelsOf('nvmlDeviceGetTemperature 0.0 15'), [
      `over NvidiaGpuLost: the driver has lost the GPU: ${names[0]} on ${first}`,
    ])
    assert.deepEqual(await levelsOf('nvmlDeviceGetPowerUsage 0 16'), [
      `over NvidiaResetRequired: the driver refuses the GPU until it is reset: ${names[0]} on ${first}`,
    ])
  })

  it('keeps a finding while the question behind it is not answered', async () => {
    const { look, clock } = lookerOf(machine)
    machine.says(healthy())
    for (let looks = 0; looks < 12; looks++) {
      await look()
      await clock.advance(minute)
    }
    machine.says([...healthy(), 'nvmlDeviceGetCurrentClocksEventReasons 0 999', 'nvmlDeviceGetRemappedRows 0 999'])
    const { levels } = await look()
    for (const reason of ['NvidiaClockSlowdown', 'NvidiaPowerError', 'NvidiaRowRemapPending'])
      assert.ok(levels.includes(`kept ${reason} on ${first}`), reason)
  })

  it('counts the GPUs of the bus', async () => {
    machine.says(healthy(1))
    const { levels } = await lookerOf(machine).look()
    assert.ok(levels.includes('over NvidiaDeviceCountMismatch: 1 of 2 GPUs are known to the driver'))
  })

  it('expects no GPU that the driver was told to leave alone', async () => {
    machine.file(`proc/driver/nvidia/gpus/${second}/information`, 'GPU Excluded:\t Yes\n').says(healthy(1))
    const { levels } = await lookerOf(machine).look()
    machine.file(`proc/driver/nvidia/gpus/${second}/information`, 'GPU Excluded:\t No\n')
    assert.deepEqual(
      levels.filter((level) => !level.startsWith('kept ')),
      [],
    )
  })

  it('takes what an old driver does not have as no fault', async () => {
    const old = withPci(new StandIn({ old: true }), 2)
    old.says([...healthy(), 'nvmlDeviceGetCurrentClocksThrottleReasons * 0 0'])
    const { levels, state } = await lookerOf(old).look()
    old.end()
    assert.deepEqual([state, levels.filter((level) => !level.startsWith('kept '))], ['checked', []])
  })

  it('tells a library of another version, and any other error of the start', async () => {
    const version = await levelsOf('nvmlInit_v2 -1 18')
    assert.match(
      version.join(),
      /^over NvidiaDriverMismatch: the NVIDIA library \S+libnvidia-ml\.so\.1 has another version than the kernel module$/,
    )
    for (const code of [9, 999])
      assert.deepEqual(await levelsOf(`nvmlInit_v2 -1 ${code}`), [
        `over NvidiaDriverError: the NVIDIA driver cannot be asked: NVML error ${code}`,
      ])
  })
})

/** One look at a machine with GPUs whose child ends like this. */
async function lookWith(outcome: ChildOutcome, { driver = 'nvidia', gpus = 2 } = {}) {
  const machine = withPci(new StandIn(), gpus, driver)
  const children = new ScriptedChildren()
  children.answers.set('nvml', outcome)
  const seen = await lookerOf(machine, children).look()
  machine.end()
  return { ...seen, started: children.started.length }
}

describe('the driver of NVIDIA', { skip: noCompiler }, () => {
  it('that hangs is a finding, which ends nothing else', async () => {
    for (const outcome of [
      { kind: 'failed', why: 'nvml did not answer within 30 s', late: true },
      { kind: 'stuck', why: 'nvml did not answer within 30 s' },
    ] as const) {
      const { levels, state } = await lookWith(outcome)
      assert.equal(state, 'checked')
      assert.ok(levels.includes(`over NvidiaDriverNotAnswering: the NVIDIA driver hangs: ${outcome.why}`))
      assert.ok(levels.includes(`kept NvidiaRowRemapFailure on ${second}`))
      assert.ok(levels.includes('kept NvidiaDeviceCountMismatch'))
    }
  })

  it('that cannot be asked makes the monitor blind', async () => {
    const { state, why } = await lookWith({ kind: 'ended', status: 1, output: '', errors: 'no koffi' })
    assert.deepEqual([state, why], ['blind', 'asking NVML ended with status 1: no koffi'])
  })

  it('that the agent may not open leaves the kernel log', async () => {
    const document = { denied: '/dev/nvidiactl: EPERM', init: 13, driver: { code: 13 }, count: { code: 13 }, gpus: [] }
    const { absent } = await lookWith({ kind: 'ended', status: 0, output: JSON.stringify(document), errors: '' })
    assert.equal(
      absent,
      'the agent may not open /dev/nvidiactl: EPERM (it needs agent.privileged); the kernel log is still read',
    )
  })

  it('that is not there, or not ours, costs no process', async () => {
    for (const [options, absent] of [
      [{ gpus: 0 }, 'no GPU of this machine is bound to the NVIDIA driver'],
      [{ driver: 'vfio-pci' }, 'no GPU of this machine is bound to the NVIDIA driver'],
      [{ driver: '' }, 'no GPU of this machine is bound to the NVIDIA driver'],
    ] as const) {
      const seen = await lookWith({ kind: 'absent' }, options)
      assert.deepEqual([seen.absent, seen.started], [absent, 0])
    }
  })

  it('is noticed when it is installed later, and when it is gone again', async () => {
    const machine = withPci(new StandIn(), 1, '').says(healthy(1))
    const { look, clock } = lookerOf(machine)
    assert.equal((await look()).absent, 'no GPU of this machine is bound to the NVIDIA driver')
    withPci(machine, 1)
    assert.ok((await look()).gauges.includes('nodemend_nvidia_gpus 1'))
    await clock.advance(minute)
    withPci(machine, 1, '')
    const { levels } = await look()
    machine.end()
    assert.ok(levels.includes('kept NvidiaDeviceCountMismatch'))
    assert.ok(levels.includes('over NvidiaDriverUnloaded: the NVIDIA driver is gone: no GPU is bound to the driver'))
  })
})
