/** Finds the known name that a misspelt one probably means. */

/** A name with more edits than this, or than a third of its length, is a different word. */
const mostEdits = 3

/** The name in `names` nearest to `name`, ignoring case; undefined when none is near. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  return names
    .map((one) => ({ one, edits: editsBetween(name.toLowerCase(), one.toLowerCase()) }))
    .filter(({ one, edits }) => edits <= Math.min(mostEdits, one.length / 3))
    .sort((a, b) => a.edits - b.edits)[0]?.one
}

/** Levenshtein distance. */
function editsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, swap))
    }
    row = next
  }
  return row[b.length] ?? 0
}
