/** Which files a pattern of a rule means on this machine. */
import type { Host } from '../../host/host.ts'

export interface FoundFile {
  /** As seen on the machine, e.g. `/var/log/messages`. */
  readonly path: string
  /** The patterns of rules that mean it. */
  readonly patterns: readonly string[]
}

/** More files than this are not followed: one pattern can mean the logs of every container. */
export const mostFiles = 64

/** Every file that a pattern means, sorted by path. */
export function findFiles(host: Host, patterns: readonly string[]): readonly FoundFile[] {
  const found = new Map<string, string[]>()
  for (const pattern of patterns) {
    for (const path of expand(host, pattern)) found.set(path, [...(found.get(path) ?? []), pattern])
  }
  const sorted = [...found].sort(([a], [b]) => (a < b ? -1 : 1))
  return sorted.slice(0, mostFiles).map(([path, all]) => ({ path, patterns: all }))
}

function expand(host: Host, pattern: string): readonly string[] {
  const parts = pattern.slice(1).split('/')
  let paths = ['']
  for (const part of parts) {
    const isLast = part === parts.at(-1)
    if (!part.includes('*') && !isLast) {
      paths = paths.map((path) => `${path}/${part}`)
      continue
    }
    const wanted = new RegExp(`^${part.split('*').map(escaped).join('.*')}$`)
    paths = paths.flatMap((path) =>
      host
        .list(path.slice(1))
        .filter((name) => wanted.test(name))
        .map((name) => `${path}/${name}`),
    )
  }
  return paths
}

function escaped(text: string): string {
  return text.replace(/[.+\\^$()[\]{}|?]/g, '\\$&')
}
