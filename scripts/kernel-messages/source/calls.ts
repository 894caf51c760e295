/** Calls in a stream of tokens, each with the function that it stands in. */
import type { Token } from './tokens.ts'

export interface Call {
  readonly name: string
  readonly args: readonly (readonly Token[])[]
  /** The function around it; empty at the top of a file. */
  readonly func: string
  readonly line: number
}

const noFunctions =
  /^(?:__(?:attribute__|printf|scanf|aligned|section|releases|acquires|must_hold|no_sanitize\w*|diagnose_as|counted_by|bpf_\w+|latent_entropy)|if|while|for|switch|return|sizeof|defined)$/

/** Every call whose name `wanted` accepts. */
export function* callsIn(tokens: readonly Token[], wanted: (name: string) => boolean): Generator<Call> {
  let depth = 0
  let func = ''
  let heading = ''
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at]
    if (token === undefined) break
    if (token.text === '{') {
      // A brace in the first column begins a body, whatever the branches of an #if before it left open.
      if (token.column === 0) depth = 0
      if (depth === 0) func = heading
      depth++
    } else if (token.text === '}') {
      depth = token.column === 0 ? 0 : Math.max(0, depth - 1)
      if (depth === 0) heading = ''
    } else if (depth === 0 && token.text === ';') heading = ''
    if (token.kind !== 'word' || tokens[at + 1]?.text !== '(') continue
    if (depth === 0 && heading === '' && !noFunctions.test(token.text)) heading = token.text
    if (!wanted(token.text)) continue
    const args = argumentsAt(tokens, at + 1)
    if (args !== undefined) yield { name: token.text, args, func: depth === 0 ? '' : func, line: token.line }
  }
}

/** The arguments of the bracket at `open`; undefined when it is never closed. */
export function argumentsAt(tokens: readonly Token[], open: number): Token[][] | undefined {
  const args: Token[][] = []
  let current: Token[] = []
  let depth = 0
  for (let at = open; at < tokens.length && at < open + 2000; at++) {
    const token = tokens[at]
    if (token === undefined) return undefined
    const closes = token.text === ')' || token.text === ']' || token.text === '}'
    if (token.kind === 'mark' && closes) depth--
    if (depth === 0 && at > open) {
      if (current.length > 0 || args.length > 0) args.push(current)
      return args
    }
    if (token.kind === 'mark' && token.text === ',' && depth === 1) {
      args.push(current)
      current = []
    } else if (depth > 0) current.push(token)
    if (token.kind === 'mark' && (token.text === '(' || token.text === '[' || token.text === '{')) depth++
  }
  return undefined
}
