/** With a stand-in for nvidia-smi, started through one for systemd-run. */
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import type { OnNodeResult } from '../model/on-node/order.ts'
import { carryOut } from './carry-out.ts'
import { type ScriptedMachine, scriptedMachine } from './testing/scripted-machine.ts'

const gpu = '0000:3b:00.0'
const smi = 'usr/bin/nvidia-smi'

interface Given {
  readonly mig?: string
  readonly persistence?: string
  readonly apps?: string
  readonly reset?: [number, string]
  readonly after?: string
  readonly files?: Readonly<Record<string, string>>
}

/** nvidia-smi prints bus ids in upper case with eight digits of the domain. */
const busId = '00000000:3B:00.0'

async function run(t: TestContext, given: Given = {}): Promise<[OnNodeResult, ScriptedMachine]> {
  const { mig = 'Disabled', persistence = 'Disabled', apps = '', reset, files } = given
  const { after = `${busId}, GPU-1\n00000000:86:00.0, GPU-2\n` } = given
  const machine = scriptedMachine(
    t,
    (words) => {
      if (words[0] !== 'systemd-run') return undefined
      const asked = words.at(-1) === '--format=csv,noheader' ? words.at(-2) : words.at(-1)
      if (asked?.startsWith('--query-gpu=pci.bus_id,mig'))
        return `${busId}, ${mig}, ${persistence}\n00000000:86:00.0, [N/A], Enabled\n`
      if (asked?.startsWith('--query-compute-apps')) return apps
      if (asked?.startsWith('--query-gpu')) return after
      return asked === '--gpu-reset' ? (reset ?? `GPU ${busId} was successfully reset.\n`) : 'done\n'
    },
    files ?? { [smi]: '' },
  )
  const order = { task: { verb: 'reset-gpu', gpus: [gpu] }, bootId: 'boot-1', notAfter: machine.clock.now() } as const
  return [await carryOut(machine, order), machine]
}

/** What was changed: everything but questions. */
const changes = ({ ran }: ScriptedMachine): readonly string[] =>
  ran.filter((one) => !one.includes('--query')).map((one) => one.slice(one.indexOf(' -- ') + 4))

describe('a reset', () => {
  test('of a GPU that nobody uses is done, and the driver knows it again', async (t) => {
    const [result, machine] = await run(t)
    assert.deepEqual(result, { outcome: 'done', why: `GPU ${gpu} (GPU-1) was reset` })
    assert.deepEqual(changes(machine), [`/usr/bin/nvidia-smi --id=${gpu} --gpu-reset`])
    assert.match(machine.ran[0] ?? '', /^systemd-run --quiet --wait --pipe --collect --property=RuntimeMaxSec=60 -- /)
  })

  test('takes the GPU out of persistence mode for its time', async (t) => {
    const [, machine] = await run(t, { persistence: 'Enabled' })
    const at = `/usr/bin/nvidia-smi --id=${gpu}`
    assert.deepEqual(changes(machine), [
      `${at} --persistence-mode=0`,
      `${at} --gpu-reset`,
      `${at} --persistence-mode=1`,
    ])
    const [failed, other] = await run(t, { persistence: 'Enabled', reset: [19, 'in use'] })
    assert.equal(failed.outcome, 'failed')
    assert.ok(changes(other).includes(`${at} --persistence-mode=1`), 'also after a reset that failed')
  })

  test('runs the driver container’s program in its own root', async (t) => {
    const [, machine] = await run(t, { files: { 'run/nvidia/driver/usr/bin/nvidia-smi': '' } })
    assert.deepEqual(changes(machine), [`chroot /run/nvidia/driver /usr/bin/nvidia-smi --id=${gpu} --gpu-reset`])
  })

  test('that the driver refuses has failed with its words', async (t) => {
    const [result] = await run(t, { reset: [19, 'GPU 0 is currently being used by one or more other processes'] })
    assert.match(result.why, /ended with status 19: GPU 0 is currently being used/)
  })

  test('after which the GPU is not back has failed', async (t) => {
    const [lost] = await run(t, { after: '00000000:86:00.0, GPU-2\n' })
    assert.equal(lost.why, `GPU ${gpu} was reset, and the driver does not know it any more`)
    const [again] = await run(t, { after: `${busId}, [GPU requires reset]\n` })
    assert.equal(again.why, `GPU ${gpu} was reset, and the driver says [GPU requires reset]`)
  })
})

describe('nothing is touched', () => {
  const refused = async (t: TestContext, given: Given, why: RegExp): Promise<void> => {
    const [result, machine] = await run(t, given)
    assert.equal(result.outcome, 'refused', result.why)
    assert.match(result.why, why)
    assert.deepEqual(changes(machine), [])
  }
  const onBus = (device: string): Given => ({
    files: {
      [smi]: '',
      'sys/bus/pci/devices/0000:86:00.0/vendor': '0x10de\n',
      'sys/bus/pci/devices/0000:86:00.0/class': '0x068000\n',
      'sys/bus/pci/devices/0000:86:00.0/device': `${device}\n`,
    },
  })

  test('while a process computes on it, and not for one on another GPU', async (t) => {
    await refused(t, { apps: `${busId}, 4242, python3\n` }, /process 4242 \(python3\) still uses GPU 0000:3b:00\.0/)
    assert.equal((await run(t, { apps: '00000000:86:00.0, 1, python3\n' }))[0].outcome, 'done')
  })

  test('in MIG mode, for a GPU that has left the bus, without nvidia-smi', async (t) => {
    await refused(t, { mig: 'Enabled' }, /MIG mode/)
    await refused(t, { files: {} }, /no nvidia-smi/)
    const machine = scriptedMachine(t, () => '', { [smi]: '' })
    const task = { verb: 'reset-gpu', gpus: [gpu] } as const
    const result = await carryOut(machine, { task, bootId: 'boot-1', notAfter: machine.clock.now() })
    assert.match(result.why, /does not know GPU 0000:3b:00\.0/)
  })

  test('where NVSwitches join all GPUs; those of newer boards do not matter', async (t) => {
    await refused(t, onBus('0x1af1'), /the NVSwitch at 0000:86:00\.0 joins the GPUs/)
    await refused(t, onBus('0x9999'), /joins the GPUs/)
    assert.equal((await run(t, onBus('0x22a3')))[0].outcome, 'done')
  })
})
