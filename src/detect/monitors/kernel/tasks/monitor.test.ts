import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { lookAt } from '../../testing/look-at.ts'
import { tasks } from './monitor.ts'

const machine = (count: number, pidMax: number, threadsMax: number) => ({
  'proc/loadavg': `0.31 0.20 0.18 2/${count} 48211\n`,
  'proc/sys/kernel/pid_max': `${pidMax}\n`,
  'proc/sys/kernel/threads-max': `${threadsMax}\n`,
})

describe('tasks', () => {
  it('counts threads, and compares them with the smaller limit', async () => {
    assert.deepEqual((await lookAt(tasks, machine(24_000, 32_768, 192_729))).levels, [
      'over ApproachingKernelPidMax: 24000 tasks are 73.2 % of kernel.pid_max (32768)',
    ])
    assert.deepEqual((await lookAt(tasks, machine(24_000, 4_194_304, 30_000))).levels, [
      'over ApproachingKernelPidMax: 24000 tasks are 80 % of kernel.threads-max (30000)',
    ])
  })

  it('is held between 60 and 70 %, and quiet below', async () => {
    assert.match((await lookAt(tasks, machine(650, 1_000, 9_000))).levels[0] ?? '', /^held ApproachingKernelPidMax/)
    const { levels, gauges } = await lookAt(tasks, machine(600, 1_000, 9_000))
    assert.deepEqual([levels, gauges], [[], ['nodemend_tasks_used_percent 60', 'nodemend_tasks_count 600']])
  })

  it('is blind where its files hold no numbers, and absent without them', async () => {
    assert.match((await lookAt(tasks, { ...machine(1, 2, 3), 'proc/loadavg': '0.1\n' })).why ?? '', /number of tasks/)
    assert.match((await lookAt(tasks, machine(1, 0, 3))).why ?? '', /not a number/)
    assert.equal((await lookAt(tasks, {})).state, 'checked')
  })
})
