/**
 * Tasks of the whole machine: fs/proc/loadavg.c prints `nr_threads` after the slash. Each task needs a process id
 * (kernel/pid.c, `pid_max`), and kernel/fork.c refuses more than `threads-max`.
 */
import { type Host, numberIn } from '../../../host/host.ts'
import type { Look } from '../../probe.ts'

export interface TasksSample {
  readonly tasks: number
  readonly pidMax: number
  readonly threadsMax: number
}

export function readTasks(host: Host): Look<TasksSample> {
  const loadavg = host.read('proc/loadavg')
  if ('denied' in loadavg) return { failed: loadavg.denied }
  if ('absent' in loadavg) return { absent: 'the machine has no /proc/loadavg' }
  const tasks = /^\S+ \S+ \S+ \d+\/(\d+) /.exec(loadavg.text)?.[1]
  const [pidMax, threadsMax] = [
    numberIn(host, 'proc/sys/kernel/pid_max'),
    numberIn(host, 'proc/sys/kernel/threads-max'),
  ]
  if (tasks === undefined) return { failed: '/proc/loadavg has no number of tasks' }
  if (!pidMax || !threadsMax || pidMax < 0 || threadsMax < 0)
    return { failed: 'kernel.pid_max or kernel.threads-max is not a number' }
  return { sample: { tasks: Number(tasks), pidMax, threadsMax } }
}
