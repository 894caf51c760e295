/**
 * Reads `dcgmi health -c -j` (dcgmi/Health.cpp): a tree of GPU, its number, Errors, and the checked system with its result
 * and text. The text has no codes, and its layout is not promised: what does not fit is passed over.
 */
import type { Incident } from './incident.ts'

interface Node {
  readonly value?: unknown
  readonly overflow?: unknown
  readonly children?: Readonly<Record<string, Node>>
}

const results: ReadonlyMap<unknown, Incident['result']> = new Map([
  ['Warning', 10],
  ['Failure', 20],
])

/** Undefined where the program printed no report: no engine, or no watch is set. */
export function incidentsIn(output: string): readonly Incident[] | undefined {
  const body = bodyOf(output)
  if (!body || !('Overall Health' in body)) return undefined
  return Object.entries(childrenOf(body.GPU)).flatMap(([number, gpu]) =>
    Object.entries(childrenOf(childrenOf(gpu).Errors)).flatMap(([system, { value, overflow }]) => {
      const result = results.get(value)
      if (result === undefined) return []
      const text = [system, ...(Array.isArray(overflow) ? overflow.map(String) : [])].join(' ')
      return [{ device: `GPU ${number}`, result, text }]
    }),
  )
}

function bodyOf(output: string): Readonly<Record<string, Node>> | undefined {
  try {
    const { body } = JSON.parse(output.slice(output.indexOf('{'))) as { readonly body?: unknown } // any JSON
    return typeof body === 'object' && body !== null ? (body as Readonly<Record<string, Node>>) : undefined // checked where read
  } catch {
    return undefined
  }
}

/** Both layouts: names below `children`, or directly below the node. */
function childrenOf(node: Node | undefined): Readonly<Record<string, Node>> {
  if (typeof node !== 'object' || node === null) return {}
  const below = node.children ?? node
  const pairs = Object.entries(below).filter(([, child]) => typeof child === 'object' && child !== null)
  return Object.fromEntries(pairs) as Readonly<Record<string, Node>> // objects alone are left
}
