import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Files, lookAt } from '../../testing/look-at.ts'
import { processes } from './monitor.ts'

interface Given {
  readonly name?: string
  readonly state?: string
  readonly parent?: number
  readonly uid?: number
  readonly table?: number
}

const status = ({ name = 'sh', state = 'S (sleeping)', parent = 1, uid = 0, table = 64 }: Given) =>
  `Name:\t${name}\nUmask:\t0022\nState:\t${state}\nPPid:\t${parent}\nUid:\t${uid}\t${uid}\t${uid}\t${uid}\nFDSize:\t${table}\nThreads:\t1\n`

const zombiesOf = (count: number, parent: number, from = 100): Files =>
  Object.fromEntries(
    Array.from({ length: count }, (_, n) => [`proc/${from + n}/status`, status({ state: 'Z (zombie)', parent })]),
  )
const init = { 'proc/1/status': status({ name: 'systemd', parent: 0 }) }

/** A process with open files. */
function daemon(files: number, limit: string, given: Given = {}): Files {
  const fds = Object.fromEntries(Array.from({ length: files }, (_, n) => [`proc/9/fd/${n}`, '']))
  return {
    ...init,
    'proc/9/status': status({ name: 'containerd', table: 1_024, ...given }),
    'proc/9/limits': `Limit                     Soft Limit           Hard Limit           Units     \nMax open files            ${limit}                 524288               files     \n`,
    ...fds,
  }
}

describe('processes', () => {
  it('counts zombies and names the parent of the most', async () => {
    const parent = { 'proc/7/status': status({ name: 'leaky init' }) }
    const { levels } = await lookAt(processes, { ...init, ...parent, ...zombiesOf(18, 7), ...zombiesOf(2, 1, 300) })
    assert.deepEqual(levels, ['over ExcessiveZombieProcesses: 20 zombies, 18 of them children of leaky_init (pid 7)'])
  })

  it('is held down to 10 zombies, and quiet at that', async () => {
    assert.match((await lookAt(processes, { ...init, ...zombiesOf(19, 1) })).levels[0] ?? '', /^held Exc/)
    assert.deepEqual((await lookAt(processes, { ...init, ...zombiesOf(10, 1) })).levels, [])
  })

  it('sees a daemon of root near its own limit of open files', async () => {
    assert.deepEqual((await lookAt(processes, daemon(920, '1024'))).levels, [
      'over ProcessFilesNearlyExhausted: process 9 has 920 open files, 89.8 % of its limit (1024) on containerd',
    ])
    assert.deepEqual((await lookAt(processes, daemon(700, '1024'))).levels, [])
  })

  it('does not look into processes of others, with small tables or without a limit', async () => {
    for (const files of [
      daemon(920, '1024', { uid: 1000 }),
      daemon(920, '1024', { table: 64 }),
      daemon(920, 'unlimited'),
    ]) {
      assert.deepEqual((await lookAt(processes, files)).levels, [])
    }
  })

  it('survives processes that end while it looks, and is absent in a tree without processes', async () => {
    assert.equal((await lookAt(processes, { ...init, 'proc/5/status': '', 'proc/6/cmdline': 'x' })).state, 'checked')
    assert.match((await lookAt(processes, { 'proc/version': 'Linux' })).absent ?? '', /no processes/)
  })
})
