/** The control groups of a node's containers: the one thing that outlives the node's name spaces. */

import { readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = '/sys/fs/cgroup'
const PREFIX = 'nodemend-node-'

/** A name that says whose it is: it carries the process id of the run. */
export function cgroupName(number: number): string {
  return `${PREFIX}${process.pid}-${number}`
}

/** Removes the groups named `name` in every hierarchy; those that still hold a process stay. */
export function removeCgroups(name: string): void {
  for (const hierarchy of hierarchies()) removeTree(join(hierarchy, name))
}

/** Removes what runs that were killed have left. */
export function sweepCgroups(isAlive: (pid: number) => boolean): void {
  const names = new Set(hierarchies().flatMap((hierarchy) => folders(hierarchy)))
  for (const name of names) {
    if (!name.startsWith(PREFIX)) continue
    if (!isAlive(Number.parseInt(name.slice(PREFIX.length), 10))) removeCgroups(name)
  }
}

/** Version 1 has a hierarchy for each controller; version 2 has one, the root itself. */
function hierarchies(): readonly string[] {
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n')
  return mounts
    .map((line) => line.split(' '))
    .filter(([, path = '', type]) => path.startsWith(ROOT) && (type === 'cgroup' || type === 'cgroup2'))
    .map(([, path = '']) => path)
}

function removeTree(folder: string): void {
  for (const child of folders(folder)) removeTree(join(folder, child))
  try {
    rmdirSync(folder)
  } catch {
    // Not there, or a process in it still ends: the next run sweeps it.
  }
}

function folders(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
  } catch {
    return []
  }
}
