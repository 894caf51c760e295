/** Compares the number of tasks with the smaller of the two limits: the kernel stops at whichever comes first. */
import type { Measured } from '../../limits.ts'
import type { TasksSample } from './read.ts'

export function judgeTasks({ tasks, pidMax, threadsMax }: TasksSample): readonly Measured<'used-percent' | 'count'>[] {
  const [limit, name] = pidMax <= threadsMax ? [pidMax, 'kernel.pid_max'] : [threadsMax, 'kernel.threads-max']
  return [
    { value: 'used-percent', amount: (tasks * 100) / limit, parts: { tasks, limit, name } },
    { value: 'count', amount: tasks },
  ]
}
