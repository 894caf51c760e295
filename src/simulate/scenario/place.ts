/** Where the parts of a YAML document stand in its file. */
import { type Document, isMap, isNode, isSeq, type LineCounter } from 'yaml'

export type Path = readonly (string | number)[]

export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

export interface Problem extends Place {
  readonly message: string
}

/** Answers where a part stands, or what of it there is. */
export type Locate = (path: Path) => Place

/** Places in `document`. */
export function locatorOf(file: string, lines: LineCounter, document: Document): Locate {
  return (path) => {
    const { line, col } = lines.linePos(offsetOf(document, path))
    return { file, line, column: col }
  }
}

/** Where the deepest part of `path` that exists begins; of a key, where it is written. */
function offsetOf(document: Document, path: Path): number {
  let node: unknown = document.contents
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0
  for (const key of path) {
    const pair = isMap(node) ? node.items.find((one) => isNode(one.key) && String(one.key) === String(key)) : undefined
    const next = pair ? pair.value : isSeq(node) ? node.get(Number(key), true) : undefined
    if (pair && isNode(pair.key)) offset = pair.key.range?.[0] ?? offset
    else if (isNode(next)) offset = next.range?.[0] ?? offset
    else return offset
    node = next
  }
  return offset
}
