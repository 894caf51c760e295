/**
 * Finds functions and their lengths by indentation: the formatter guarantees that a function's closing line stands at
 * the indent of its opening line. Enough for a size report, without a parser of TypeScript.
 */

/** One function: where it starts and how many lines it spans. */
export interface FunctionSpan {
  readonly file: string
  readonly line: number
  readonly name: string
  readonly lines: number
}

const opening =
  /^(?<indent>\s*)(?:export\s+)?(?:default\s+)?(?:async\s+)?(?:function\*?\s+(?<plain>\w+)|(?:const|let)\s+(?<arrow>\w+)[^=]*=\s*(?:async\s*)?(?:<[^>]*>)?\(|(?:(?:static|override|async|get|set|private|public)\s+|\*)*(?<method>#?\w+)\s*(?:<[^>]*>)?\()/
const notMethods = new Set([
  'if',
  'for',
  'while',
  'switch',
  'catch',
  'return',
  'await',
  'throw',
  'super',
  'test',
  'suite',
])

/** Every function, method and named arrow function of one formatted source text. */
export function functionsOf(file: string, text: string): FunctionSpan[] {
  const lines = text.split('\n')
  return lines.flatMap((line, index) => {
    const groups = opening.exec(line)?.groups
    if (!groups) return []
    const name = groups.plain ?? groups.arrow ?? groups.method ?? ''
    if (notMethods.has(name)) return []
    const length = spanOf(lines, index, groups.indent ?? '')
    return length === undefined ? [] : [{ file, line: index + 1, name, lines: length }]
  })
}

/** Lines from the opening one to the `}` at its indent; undefined when no body opens there (a call, a declaration). */
function spanOf(lines: readonly string[], start: number, indent: string): number | undefined {
  let body = false
  for (let at = start; at < lines.length; at++) {
    const line = lines[at] ?? ''
    const own = line.startsWith(indent) && !/^\s/.test(line.slice(indent.length)) && line !== ''
    if (!body) {
      // The parameter list may span lines; the body opens with the first line that ends in "{".
      if (/\{\s*(\/\/.*)?$/.test(line) && (at === start || own))
        body = /\)(?:\s*:\s*.+?)?\s*(=>\s*)?\{\s*(\/\/.*)?$|=>\s*\{\s*(\/\/.*)?$/.test(line)
      if (!body && at > start && own && !line.slice(indent.length).startsWith(')')) return undefined
      if (body && at === start) continue
      if (!body && at === start && !/[({,[]\s*$/.test(line)) return undefined
      continue
    }
    if (own && line.slice(indent.length).startsWith('}')) return at - start + 1
  }
  return undefined
}
