/** The value of a YAML document that came from outside. */
import type { Document, YAMLError } from 'yaml'

/**
 * The plain value of a document without errors of syntax, or what is wrong with it in one sentence. Aliases can be unresolved,
 * or multiply a file of a few lines into gigabytes: the parser finds both only while it builds the value, and throws.
 */
export function plainValueOf(document: Document): { readonly value: unknown } | { readonly trouble: string } {
  const shape = shapeTrouble(document.contents)
  if (shape !== undefined) return { trouble: shape }
  try {
    return { value: document.toJS() }
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    if (!/^Excessive alias count/.test(said)) return { trouble: said }
    return { trouble: 'aliases (*name) repeat more than this file may hold: write the values out instead' }
  }
}

const tooDeepText = 'nested too deeply to be read'
/** No file of ours nests deeper than a dozen. */
const deepest = 64

/** What the parser makes of a list or a map: `items` are nodes, or pairs of a key and a value. */
interface Collection {
  readonly items?: readonly (
    | Collection
    | { readonly key?: Collection | null; readonly value?: Collection | null }
    | null
  )[]
}

/** Why the value cannot be built: the time that the parser takes for a map as a key doubles with each level of it. */
function shapeTrouble(root: unknown): string | undefined {
  const open: [Collection | null | undefined, number][] = [[root as Collection | null, 0]] // read by its fields alone
  for (let next = open.pop(); next; next = open.pop()) {
    const [node, depth] = next
    if (depth > deepest) return tooDeepText
    for (const item of node?.items ?? []) {
      if (item !== null && 'key' in item) {
        if (item.key?.items) return 'a key must be a text, not a list or a map'
        open.push([item.value, depth + 1])
      } else open.push([item as Collection | null, depth + 1]) // no pair, so a node
    }
  }
  return undefined
}

/** The document that `parse` makes; undefined where its nesting is too deep even for the parser. */
export function documentOf<T extends Document>(parse: () => T): T | undefined {
  try {
    return parse()
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** For a document that cannot be parsed at all. */
export const unreadable = tooDeepText

/** The mistakes of syntax; one alone where the nesting is too deep for the parser, which then calls every bracket a mistake. */
export function syntaxErrorsOf({ errors }: Document): readonly Pick<YAMLError, 'message' | 'pos'>[] {
  const tooDeep = errors.find(({ message }) => /Maximum call stack/.test(message))
  return tooDeep ? [{ message: tooDeepText, pos: tooDeep.pos }] : errors
}
