/**
 * Task limits of the cgroups that a node lives by, and how many cgroups there are. kernel/cgroup/pids.c writes
 * `pids.current` and `pids.max`; kernel/cgroup/cgroup.c writes `cgroup.stat`, cgroup-v1.c /proc/cgroups.
 */
import { type Host, numberIn, textOf } from '../../../host/host.ts'
import type { Look } from '../../probe.ts'

export interface LimitedCgroup {
  /** As kubelet or systemd name it: `kubepods.slice`, `containerd.service`. For a pod: its UID. */
  readonly name: string
  readonly tasks: number
  readonly limit: number
}

export interface CgroupsSample {
  /** Cgroups of the node itself that have a task limit. */
  readonly node: readonly LimitedCgroup[]
  /** Pods that have a task limit. */
  readonly pods: readonly LimitedCgroup[]
  /** Memory cgroups, with those that were removed and still hold memory; undefined where nothing counts them. */
  readonly cgroups: number | undefined
}

const root = 'sys/fs/cgroup'
/** Daemons without which no pod starts; other services only run out of their own tasks. */
const services = ['kubelet', 'containerd', 'crio', 'docker'].map((name) => `system.slice/${name}.service`)
/** The cgroups that kubelet makes, with the systemd driver and with cgroupfs. */
const kubepods = [
  'kubepods.slice',
  'kubepods.slice/kubepods-burstable.slice',
  'kubepods.slice/kubepods-besteffort.slice',
  'kubepods',
  'kubepods/burstable',
  'kubepods/besteffort',
]
const mostPods = 500
const uid = /pod([0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}|[0-9a-f]{32})(?:\.slice)?$/

export function readCgroups(host: Host): Look<CgroupsSample> {
  const unified = 'text' in host.read(`${root}/cgroup.controllers`)
  const base = unified ? root : `${root}/pids`
  if (!unified && host.list(base).length === 0) return { absent: 'no cgroups are mounted at /sys/fs/cgroup' }
  const limited = (path: string, name: string): readonly LimitedCgroup[] => limitOf(host, `${base}/${path}`, name)
  const node = ['system.slice', ...services, ...kubepods].flatMap((path) => limited(path, path.split('/').at(-1) ?? ''))
  const pods = kubepods.flatMap((path) =>
    host.list(`${base}/${path}`).flatMap((name) => {
      const pod = uid.exec(name)?.[1]
      return pod === undefined ? [] : [{ path: `${path}/${name}`, name: pod.replaceAll('_', '-') }]
    }),
  )
  return {
    sample: {
      node,
      pods: pods.slice(0, mostPods).flatMap(({ path, name }) => limited(path, name)),
      cgroups: unified ? countUnified(host) : countLegacy(host),
    },
  }
}

/** Empty for a cgroup that does not exist or whose limit is `max`. */
function limitOf(host: Host, path: string, name: string): readonly LimitedCgroup[] {
  const [limit, tasks] = [numberIn(host, `${path}/pids.max`), numberIn(host, `${path}/pids.current`)]
  if (limit === undefined || tasks === undefined || limit <= 0 || tasks < 0) return []
  return [{ name, tasks, limit }]
}

function countUnified(host: Host): number | undefined {
  const stat = textOf(host.read(`${root}/cgroup.stat`)) ?? ''
  const [live, dying] = ['nr_descendants', 'nr_dying_descendants'].map(
    (name) => new RegExp(`^${name} (\\d+)$`, 'm').exec(stat)?.[1],
  )
  return live === undefined || dying === undefined ? undefined : Number(live) + Number(dying)
}

/** Not read with cgroup v2: the kernel logs a remark when it is. */
function countLegacy(host: Host): number | undefined {
  const count = /^memory\t\d+\t(\d+)\t/m.exec(textOf(host.read('proc/cgroups')) ?? '')?.[1]
  return count === undefined ? undefined : Number(count)
}
