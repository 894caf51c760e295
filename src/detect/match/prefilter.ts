/**
 * One automaton over all literals of all rules (Aho–Corasick on bytes, letter case folded): a line is read once,
 * whatever the number of rules, and only rules whose literal stands in it are tried. The table is a dense array over
 * byte classes, so a step is two array reads.
 */

export interface Prefilter {
  /**
   * Numbers of the literals found in `bytes[start, end)`, in order of their end, each at most once per call.
   * The array is reused: read it before the next call. Empty for nearly every line.
   */
  find(bytes: Uint8Array, start: number, end: number): readonly number[]
}

const fold = (byte: number): number => (byte >= 65 && byte <= 90 ? byte + 32 : byte)

/** Builds the automaton. Literals are compared byte by byte as UTF-8, ASCII letters in any case. */
export function buildPrefilter(literals: readonly string[]): Prefilter {
  const encoded = literals.map((text) => Array.from(Buffer.from(text), fold))
  const { classOf, classes } = byteClasses(encoded)
  const trie = buildTrie(encoded, classOf, classes)
  return scanner(classOf, classes, trie)
}

/** Bytes that no literal uses share class 0: the table stays narrow. */
function byteClasses(encoded: readonly (readonly number[])[]) {
  const classOf = new Uint8Array(256)
  let classes = 1
  for (const byte of new Set(encoded.flat())) {
    classOf[byte] = classes
    if (byte >= 97 && byte <= 122) classOf[byte - 32] = classes
    classes++
  }
  return { classOf, classes }
}

interface Trie {
  /** `next[state * classes + class]` is the next state, failure links already followed. */
  readonly next: Uint16Array
  /** Literals that end in a state; undefined for most. */
  readonly ends: readonly (readonly number[] | undefined)[]
}

function buildTrie(encoded: readonly (readonly number[])[], classOf: Uint8Array, classes: number): Trie {
  const capacity = 1 + encoded.reduce((sum, literal) => sum + literal.length, 0)
  if (capacity > 65_535) throw new RangeError('too many literals for one prefilter: 65,535 characters is the limit')
  const next = new Uint16Array(capacity * classes)
  const ends: number[][] = [[]]
  encoded.forEach((literal, id) => {
    let state = 0
    for (const byte of literal) {
      const slot = state * classes + (classOf[byte] ?? 0)
      if (next[slot] === 0) {
        next[slot] = ends.length
        ends.push([])
      }
      state = next[slot] ?? 0
    }
    ends[state]?.push(id)
  })
  followFailures(next, ends, classes)
  const used = next.slice(0, ends.length * classes)
  return { next: used, ends: ends.map((ids) => (ids.length > 0 ? ids : undefined)) }
}

/** Breadth first: a missing edge goes where the longest proper suffix would go, and a state ends what its suffix ends. */
function followFailures(next: Uint16Array, ends: number[][], classes: number): void {
  const failure = new Uint16Array(ends.length)
  const queue: number[] = []
  for (let symbol = 0; symbol < classes; symbol++) {
    const child = next[symbol] ?? 0
    if (child !== 0) queue.push(child)
  }
  for (let head = 0; head < queue.length; head++) {
    const state = queue[head] ?? 0
    const suffix = failure[state] ?? 0
    ends[state]?.push(...(ends[suffix] ?? []))
    for (let symbol = 0; symbol < classes; symbol++) {
      const slot = state * classes + symbol
      const child = next[slot] ?? 0
      const fallback = next[suffix * classes + symbol] ?? 0
      if (child === 0) next[slot] = fallback
      else {
        failure[child] = fallback
        queue.push(child)
      }
    }
  }
}

function scanner(classOf: Uint8Array, classes: number, { next, ends }: Trie): Prefilter {
  const found: number[] = []
  const ending = new Uint8Array(ends.length)
  ends.forEach((ids, state) => {
    if (ids) ending[state] = 1
  })
  return {
    find(bytes, start, end) {
      if (found.length > 0) found.length = 0
      let state = 0
      for (let at = start; at < end; at++) {
        // The casts cost nothing at run time; indices are in range by construction.
        state = next[state * classes + (classOf[bytes[at] as number] as number)] as number
        if (ending[state] === 1) {
          for (const id of ends[state] ?? []) if (!found.includes(id)) found.push(id)
        }
      }
      return found
    },
  }
}
