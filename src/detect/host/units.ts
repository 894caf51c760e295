/** Units of systemd by what they leave in files: their definition, and their cgroup while they run. */
import type { Host } from './host.ts'

const unitFolders = ['etc/systemd/system', 'run/systemd/system', 'usr/lib/systemd/system', 'lib/systemd/system']
/** With cgroup v1, systemd keeps its own hierarchy. */
const cgroupRoots = ['sys/fs/cgroup', 'sys/fs/cgroup/systemd']

export function isInstalled(host: Host, unit: string): boolean {
  return unitFolders.some((folder) => host.list(folder).includes(unit))
}

/** Whether a process of the unit runs, in whichever slice: systemd removes the cgroup when the last one has ended. */
export function isRunning(host: Host, unit: string): boolean {
  return cgroupRoots.some((root) =>
    host.list(root).some((slice) => slice.endsWith('.slice') && host.list(`${root}/${slice}/${unit}`).length > 0),
  )
}
