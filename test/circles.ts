/** Circles in a graph of imports. */

/** Each node with those that it imports. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>

/**
 * The shortest circle through each import that lies on one, each circle once, as `a → b → a` from its first name in
 * alphabetical order. An import that lies on no circle adds nothing.
 */
export function circlesIn(graph: ImportGraph): readonly string[] {
  const found = new Set<string>()
  for (const [from, targets] of graph) {
    for (const to of targets) {
      const back = shortestPath(graph, to, from)
      if (back) found.add(circleText(back))
    }
  }
  return [...found].sort()
}

/** The files from `start` to `end`, both included; undefined when no imports lead there. */
function shortestPath(graph: ImportGraph, start: string, end: string): readonly string[] | undefined {
  const cameFrom = new Map<string, string | undefined>([[start, undefined]])
  for (const file of cameFrom.keys()) {
    if (file === end) return pathTo(cameFrom, end)
    for (const next of graph.get(file) ?? []) if (!cameFrom.has(next)) cameFrom.set(next, file)
  }
  return undefined
}

function pathTo(cameFrom: ReadonlyMap<string, string | undefined>, end: string): readonly string[] {
  const path: string[] = []
  for (let file: string | undefined = end; file !== undefined; file = cameFrom.get(file)) path.unshift(file)
  return path
}

function circleText(files: readonly string[]): string {
  const first = files.indexOf([...files].sort()[0] ?? '')
  const turned = [...files.slice(first), ...files.slice(0, first)]
  return [...turned, turned[0]].join(' → ')
}
