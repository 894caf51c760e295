import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Loopback } from '../../../host/network.ts'
import { ScriptedChildren } from '../../../host/testing/scripted-children.ts'
import { type Files, looksAt } from '../../testing/look-at.ts'
import { ebs } from './monitor.ts'

const loopback: Loopback = { ask: () => Promise.resolve({ refused: true }) }
const links = { 'sys/class/block/nvme1n1': '../../devices/nvme1n1', 'sys/class/block/nvme2n1': '../../devices/nvme2n1' }
const volume = (name: string, model = 'Amazon Elastic Block Store'): Files => ({
  [`sys/class/nvme/${name}/model`]: `${model}           \n`,
  [`sys/class/nvme/${name}/serial`]: 'vol0123456789abcdef0\n',
})
const step = 300_000
const name = 'nvme get-log /dev/nvme1n1 --log-id=0xD0 --log-len=4096'

/** The page as nvme-cli prints it, with these seconds beyond the four limits. */
function dump(seconds: readonly number[], magic = 0x3c23b510): string {
  const page = Buffer.alloc(4096)
  page.writeUInt32LE(magic, 0)
  for (const [n, one] of seconds.entries()) page.writeBigUInt64LE(BigInt(one) * 1_000_000n, 56 + 8 * n)
  const rows = Array.from({ length: 256 }, (_, row) => {
    const bytes = [...page.subarray(row * 16, row * 16 + 16)].map((byte) => byte.toString(16).padStart(2, '0'))
    return `${(row * 16).toString(16).padStart(4, '0')}: ${bytes.join(' ')} "................"`
  })
  const head =
    'Device:nvme1n1 log-id:208 namespace-id:0xffffffff\n       0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f'
  return `${head}\n${rows.join('\n')}\n`
}

async function looks(...outputs: readonly (string | number)[]) {
  const children = new ScriptedChildren()
  const run = children.run.bind(children)
  let n = 0
  children.run = (command) => {
    const now = outputs[n++] ?? ''
    const answer =
      typeof now === 'number'
        ? { status: now, output: '', errors: 'NVMe status: x' }
        : { status: 0, output: now, errors: '' }
    children.answers.set(name, { kind: 'ended', ...answer })
    return run(command)
  }
  return await looksAt(
    ebs,
    outputs.map(() => volume('nvme1')),
    step,
    { children, loopback, links },
  )
}

describe('ebs', () => {
  it('tells seconds beyond each limit within ten minutes, never since the volume was attached', async () => {
    const seen = await looks(
      dump([900, 900, 900, 900]),
      dump([930, 900, 900, 900]),
      dump([960, 951, 951, 951]),
      dump([960, 951, 951, 951]),
      dump([960, 951, 951, 951]),
      dump([1, 1, 1, 1]),
    )
    const over = seen.map(({ levels }) =>
      levels.filter((level) => level.startsWith('over')).map((level) => level.split(':')[0]),
    )
    const all = [
      'over EBSVolumeIOPSExceeded',
      'over EBSVolumeThroughputExceeded',
      'over EBSInstanceIOPSExceeded',
      'over EBSInstanceThroughputExceeded',
    ]
    assert.deepEqual(over, [[], [], all, all.slice(1), [], []])
    assert.equal(
      seen[2]?.levels[0],
      'over EBSVolumeIOPSExceeded: volume vol-0123456789abcdef0 was held back 60 s of ten minutes on nvme1n1',
    )
  })

  it('leaves out a volume without statistics; a program that fails is no empty answer', async () => {
    assert.deepEqual((await looks(dump([99, 99, 99, 99], 0)))[0]?.levels, [])
    assert.match((await looks(1))[0]?.why ?? '', /ended with status 1: NVMe status: x$/)
  })

  it('asks nobody on a machine without EBS', async () => {
    const children = new ScriptedChildren()
    const [seen] = await looksAt(ebs, [volume('nvme2', 'Amazon EC2 NVMe Instance Storage')], step, {
      children,
      loopback,
      links,
    })
    assert.equal(seen?.absent, 'this machine has no EBS volume')
    assert.deepEqual(children.started, [])
  })
})
