/** Compares tasks with the limit of their cgroup, and cgroups with the ids that the kernel has for them. */
import type { Measured } from '../../limits.ts'
import type { CgroupsSample, LimitedCgroup } from './read.ts'

/** mm/memcontrol.c, MEM_CGROUP_ID_MAX: a 16-bit number, 0 is not used. */
const mostCgroups = 65_535
/** Pods below this share are not told apart, so that their metric stays small. */
const leastPercent = 80

type Value = 'tasks-percent' | 'pod-tasks-percent' | 'ids-percent' | 'count'

export function judgeCgroups({ node, pods, cgroups }: CgroupsSample): readonly Measured<Value>[] {
  const crowded = pods.filter(({ tasks, limit }) => (tasks * 100) / limit > leastPercent)
  return [
    ...node.map((one) => shareOf('tasks-percent', one)),
    ...crowded.map((one) => shareOf('pod-tasks-percent', one)),
    ...(cgroups === undefined
      ? []
      : [
          {
            value: 'ids-percent' as const,
            amount: (cgroups * 100) / mostCgroups,
            parts: { cgroups, limit: mostCgroups },
          },
          { value: 'count' as const, amount: cgroups },
        ]),
  ]
}

function shareOf(value: Value, { name, tasks, limit }: LimitedCgroup): Measured<Value> {
  return { value, amount: (tasks * 100) / limit, device: name, parts: { tasks, limit } }
}
