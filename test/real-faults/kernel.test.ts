import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { describe, it, type TestContext } from 'node:test'
import { oomKills } from '../../src/detect/monitors/kernel/oom-kills/monitor.ts'
import { looker } from '../../src/detect/monitors/testing/look-at.ts'
import { Inside, needs, run } from './machine.ts'

/** A cgroup of this machine, whichever version it has; undefined where the controller is not there. */
function cgroup(t: TestContext, controller: 'pids' | 'memory'): string | undefined {
  const legacy = existsSync(`/sys/fs/cgroup/${controller}/cgroup.procs`)
  const base = legacy ? `/sys/fs/cgroup/${controller}` : '/sys/fs/cgroup'
  const has = legacy || readFileSync(`${base}/cgroup.subtree_control`, 'utf8').split(/\s/).includes(controller)
  if (!has) {
    t.skip(`no ${controller} cgroup`)
    t.diagnostic(`REAL FAULT NOT TESTED: no ${controller} cgroup`)
    return undefined
  }
  const folder = `${base}/nodemend-test-${process.pid}`
  mkdirSync(folder)
  t.after(async () => {
    for (const one of [`${folder}/kubepods`, folder].filter((path) => existsSync(path))) {
      const members = (): string[] => readFileSync(`${one}/cgroup.procs`, 'utf8').split('\n').filter(Boolean)
      for (const pid of members()) process.kill(Number(pid), 'SIGKILL')
      await settled(() => Promise.resolve(members().length === 0))
      rmdirSync(one)
    }
  })
  return folder
}

describe('limits of this kernel', () => {
  it('sees tasks come near kernel.pid_max, and go', async (t) => {
    if (!needs(t, 'unshare', 'nsenter', 'sysctl')) return
    // Since Linux 6.14 a process namespace has its own pid_max; before, the setting would be the machine's.
    const [major = 0, minor = 0] = run('uname', '-r').split('.').map(Number)
    if (major < 6 || (major === 6 && minor < 14)) return t.skip('REAL FAULT NOT TESTED: pid_max is not by namespace')
    const count = Number(/\/(\d+) /.exec(readFileSync('/proc/loadavg', 'utf8'))?.[1])
    const limit = Math.max(400, count * 3)
    const prepare = `sysctl -qw kernel.pid_max=${limit} && exec "$@"`
    const enter = ['unshare', '--pid', '--fork', '--mount-proc', 'sh', '-c', prepare, 'sh']
    const inside = new Inside(t, enter, ['tasks'])
    assert.deepEqual(await inside.look(), [])
    const more = Math.ceil(limit * 0.75) - count
    const crowd = spawn('sh', ['-c', `for n in $(seq ${more}); do sleep 60 & done; echo ready; wait`], {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    t.after(() => end(crowd.pid))
    await new Promise((resolve) => crowd.stdout.once('data', resolve))
    assert.match(
      (await inside.look()).join('\n'),
      /^over ApproachingKernelPidMax: \d+ tasks are 7\S+ % of kernel.pid_max/,
    )
    end(crowd.pid)
    await settled(async () => (await inside.look()).length === 0)
  })

  it('sees the pods of a node near the task limit of their cgroup', async (t) => {
    if (!needs(t, 'unshare', 'mount')) return
    const folder = cgroup(t, 'pids')
    if (folder === undefined) return
    const pods = `${folder}/kubepods`
    mkdirSync(pods)
    writeFileSync(`${pods}/pids.max`, '10')
    const root = folder.slice(0, folder.lastIndexOf('/'))
    const prepare = `mount --bind ${folder} ${root} && exec "$@"`
    const inside = new Inside(t, ['unshare', '--mount', 'sh', '-c', prepare, 'sh'], ['cgroups'])
    const raised = async () => (await inside.look()).filter((level) => level.includes('CgroupTasks'))
    assert.deepEqual(await raised(), [])
    const start = `echo $$ > ${pods}/cgroup.procs; for n in $(seq 9); do sleep 60 & done; echo ready; wait`
    const crowd = spawn('sh', ['-c', start], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] })
    await new Promise((resolve) => crowd.stdout.once('data', resolve))
    assert.deepEqual(await raised(), [
      'over CgroupTasksNearlyExhausted: 10 tasks are 100 % of the limit of the cgroup (10) on kubepods',
    ])
    end(crowd.pid)
    await settled(async () => (await raised()).length === 0)
  })

  it('sees zombies and their parent, and that they were reaped', async (t) => {
    if (!needs(t, 'unshare', 'nsenter', 'perl')) return
    const inside = new Inside(t, ['unshare', '--pid', '--fork', '--mount-proc'], ['processes'])
    assert.deepEqual(await inside.look(), [])
    const first = await inside.first()
    const source =
      '$0="sloppy"; for (1..20) { fork or exit } $|=1; print "ready\\n"; <STDIN>; 1 while wait > 0; print "reaped\\n"; <STDIN>'
    const parent = spawn('nsenter', ['--pid', '--mount', '--target', first, 'perl', '-e', source], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    t.after(() => parent.stdin.end())
    await new Promise((resolve) => parent.stdout.once('data', resolve))
    const all = /^over ExcessiveZombieProcesses: 20 zombies, 20 of them children of \w+ \(pid \d+\)$/
    await settled(async () => all.test((await inside.look()).join('\n')))
    parent.stdin.write('\n')
    await new Promise((resolve) => parent.stdout.once('data', resolve))
    assert.deepEqual(await inside.look(), [])
  })

  it('sees a daemon near its limit of open files', async (t) => {
    if (!needs(t, 'unshare', 'nsenter', 'sh')) return
    const inside = new Inside(t, ['unshare', '--pid', '--fork', '--mount-proc'], ['processes'])
    const first = await inside.first()
    const source = `const fs = require('fs'); const open = []; for (let n = 0; n < 950; n++) open.push(fs.openSync('/dev/null')); console.log('ready'); process.stdin.once('data', () => { for (const one of open) fs.closeSync(one); console.log('closed') })`
    const enter = ['--pid', '--mount', '--target', first, 'sh', '-c', 'ulimit -n 1024; exec "$@"', 'sh']
    const leaky = spawn('nsenter', [...enter, process.execPath, '-e', source], { stdio: ['pipe', 'pipe', 'inherit'] })
    t.after(() => leaky.stdin.end())
    await new Promise((resolve) => leaky.stdout.once('data', resolve))
    assert.match(
      (await inside.look()).join('\n'),
      /^over ProcessFilesNearlyExhausted: process \d+ has 9\d\d open files, 9\S+ % of its limit \(1024\) on \S+$/,
    )
    leaky.stdin.write('\n')
    await new Promise((resolve) => leaky.stdout.once('data', resolve))
    assert.deepEqual(await inside.look(), [])
  })

  it('counts a kill at the limit of a memory cgroup', async (t) => {
    if (!needs(t, 'sh', 'tail')) return
    const folder = cgroup(t, 'memory')
    if (folder === undefined) return
    const limit = existsSync(`${folder}/memory.max`) ? 'memory.max' : 'memory.limit_in_bytes'
    writeFileSync(`${folder}/${limit}`, String(16 * 2 ** 20))
    const { look } = looker(oomKills, '/')
    const counted = async () => Number(/since_boot (\d+)/.exec((await look()).gauges.join('\n'))?.[1] ?? Number.NaN)
    const before = await counted()
    assert.throws(() => execFileSync('sh', ['-c', `echo $$ > ${folder}/cgroup.procs && exec tail /dev/zero`]))
    assert.ok((await counted()) > before, 'the kernel counted it')
  })
})

/** Ends a process group that this test started, if it still runs. */
function end(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // it has ended
  }
}

/** Waits until the kernel shows what was done, for ten seconds at most. */
async function settled(done: () => Promise<boolean>): Promise<void> {
  for (let n = 0; n < 100; n++) {
    if (await done()) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  assert.fail('the kernel does not show it after ten seconds')
}
