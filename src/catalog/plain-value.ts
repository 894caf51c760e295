/** The value of a YAML document that came from outside. */
import type { Document, YAMLError } from 'yaml'

/**
 * The plain value of a document without errors of syntax, or what is wrong with it in one sentence. Aliases can be unresolved,
 * or multiply a file of a few lines into gigabytes: the parser finds both only while it builds the value, and throws.
 */
export function plainValueOf(document: Document): { readonly value: unknown } | { readonly trouble: string } {
  try {
    return { value: document.toJS() }
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    if (!/^Excessive alias count/.test(said)) return { trouble: said }
    return { trouble: 'aliases (*name) repeat more than this file may hold: write the values out instead' }
  }
}

/** The mistakes of syntax; one alone where the nesting is too deep for the parser, which then calls every bracket a mistake. */
export function syntaxErrorsOf({ errors }: Document): readonly Pick<YAMLError, 'message' | 'pos'>[] {
  const tooDeep = errors.find(({ message }) => /Maximum call stack/.test(message))
  return tooDeep ? [{ message: 'nested too deeply to be read', pos: tooDeep.pos }] : errors
}
