/** A file of the kernel → every message that it can print as a warning or graver, each with one realistic line. */
import { argumentsAt, type Call, callsIn } from '../source/calls.ts'
import type { Define, SourceText, Token } from '../source/tokens.ts'
import type { Tree } from '../source/tree.ts'
import { exampleOf } from './example.ts'
import { type Family, familyOf, type Level, levelOf } from './families.ts'
import { placeOf } from './places.ts'

/** One message. `format` is the text as the source has it, prefix macros resolved. */
export interface Print {
  readonly file: string
  readonly func: string
  readonly line: number
  readonly level: Level
  readonly format: string
  readonly example: string
}

type Macros = (name: string) => Define | undefined

const deepest = 6
/** Debug checks: what they print is their own condition, and only kernels built for debugging have them. */
const checks =
  /^(?:[A-Z]*_?ASSERT\w*|RCU_\w+|rcu_\w+|srcu_\w+|lockdep_\w+|KUNIT\w*|VM_\w+|\w+_WARN_ON\w*|BUILD_BUG\w*|NL_\w+|GENL_\w+|DEFINE_\w+|EXPORT_\w+|might_\w+)$/
const builtin: Readonly<Record<string, string>> = {
  PRIx64: 'llx',
  PRId64: 'lld',
  PRIu64: 'llu',
  PRIX64: 'llX',
  PRIu32: 'u',
  PRIx32: 'x',
  UTS_RELEASE: '6.12.0',
  CUT_HERE: '',
  KERN_CONT: '',
}

/** Every message of `file`, in the order of the source. */
export function printsOf(tree: Tree, file: string): Print[] {
  const source = tree.read(file)
  const reader = new Reader(tree, file, source)
  const found: Print[] = []
  for (const call of callsIn(source.tokens, (name) => reader.prints(name))) {
    const print = reader.print(call)
    if (print !== undefined) found.push(print)
  }
  return found
}

class Reader {
  readonly #file: string
  readonly #module: string
  readonly #macros: Macros
  readonly #formats: readonly Define[]
  readonly #printers = new Map<string, boolean>()

  constructor(tree: Tree, file: string, source: SourceText) {
    this.#file = file
    this.#module = tree.module(file)
    this.#macros = tree.macros(file, source)
    this.#formats = source.defines.filter((define) => /^(?:pr|dev)_fmt$/.test(define.name))
  }

  /** Whether `name` is a function that prints, or a macro around one. */
  prints(name: string, depth = 0): boolean {
    if (checks.test(name)) return false
    const known = this.#printers.get(name)
    if (known !== undefined) return known
    this.#printers.set(name, false) // a macro that names itself calls the function of that name
    const define = familyOf(name) ? undefined : this.#macros(name)
    const inside =
      define?.params !== undefined &&
      depth < deepest &&
      define.body.some((token, at) => isCall(define.body, at) && this.prints(token.text, depth + 1))
    const answer = familyOf(name) !== undefined || inside
    this.#printers.set(name, answer)
    return answer
  }

  print(call: Call): Print | undefined {
    const resolved = this.#resolve(call.name, call.args, 0)
    if (resolved === undefined) return undefined
    const { family, name, args } = resolved
    const texts = args.map(written)
    const level = levelOf(family, name, texts) ?? this.#levelByFile(family, texts)
    if (level === undefined) return undefined
    const at = args.findIndex((arg) => this.#text(arg) !== undefined)
    const own = this.#text(args[at] ?? []) ?? ''
    const framed = family.frame ? this.#framed(family.frame, own, call.line) : { format: own, args: [] }
    const place = placeOf(this.#file, this.#module)
    const { func } = call
    const rest = [...framed.args, ...texts.slice(at + 1)]
    const text = exampleOf({ format: framed.format, args: rest, func, module: this.#module, place })
    if (!/[A-Za-z]{3}/.test(own.replace(/%[-\d.lhz]*[a-zA-Z]+|\\n/g, ' '))) return undefined
    const lead = family.lead({ func, place, level, before: texts.slice(0, at).join(' ') })
    const example = `${lead}${text}${family.tail ?? ''}`.trimEnd()
    return { file: this.#file, func, line: call.line, level, format: own, example }
  }

  /** Follows macros down to a function of the kernel that prints. */
  #resolve(name: string, args: readonly (readonly Token[])[], depth: number): Resolved | undefined {
    const family = familyOf(name)
    if (family !== undefined) {
      return args.some((arg) => this.#text(arg) !== undefined) ? { family, name, args } : undefined
    }
    const define = this.#macros(name)
    if (define?.params === undefined || depth > deepest) return undefined
    const body = substitute(define, args)
    for (let at = 0; at < body.length; at++) {
      const token = body[at]
      if (token === undefined || !isCall(body, at) || token.text === name || !this.prints(token.text)) continue
      const inner = argumentsAt(body, at + 1)
      const found = inner && this.#resolve(token.text, inner, depth + 1)
      if (found !== undefined) {
        const given = levelOf(found.family, found.name, found.args.map(written))
        // `mpt_err(level, …)` and the like: the level stands in the outer call.
        return given === undefined ? { ...found, name: found.name, args: found.args } : found
      }
    }
    return undefined
  }

  /** Records of the firmware are printed with their level in the prefix that is handed down. */
  #levelByFile(family: Family, args: readonly string[]): Level | undefined {
    return family.level === 'given' && args.includes('pfx') ? 'err' : undefined
  }

  /** The text that an expression stands for; undefined when it is not plain text. */
  #text(tokens: readonly Token[], depth = 0): string | undefined {
    let text = ''
    let found = false
    for (let at = 0; at < tokens.length; at++) {
      const token = tokens[at]
      if (token === undefined) break
      if (token.kind === 'text') {
        text += token.text
        found = true
      } else if (token.kind === 'word') {
        const inner = isCall(tokens, at) ? argumentsAt(tokens, at + 1) : undefined
        const define = inner && this.#macros(token.text)
        if (inner !== undefined && define?.params !== undefined && depth < deepest) {
          const body = this.#text(substitute(define, inner), depth + 1)
          if (body === undefined) return undefined
          text += body
          found = true
          at += lengthOf(tokens, at + 1)
          continue
        }
        const macro = this.#word(token.text, depth)
        if (macro !== undefined) {
          text += macro
          found = true
        }
      } else if (token.text !== '(' && token.text !== ')') return undefined
    }
    return found ? text : undefined
  }

  #word(word: string, depth: number): string | undefined {
    if (word.startsWith('KERN_')) return undefined
    if (word === 'KBUILD_MODNAME') return this.#module
    const known = builtin[word]
    if (known !== undefined) return known
    const define = this.#macros(word)
    if (define === undefined || define.params !== undefined || depth > deepest) return undefined
    return this.#text(define.body, depth + 1)
  }

  /** Applies the file's pr_fmt or dev_fmt; one further down in the file holds from there on. */
  #framed(name: string, format: string, line: number): { readonly format: string; readonly args: readonly string[] } {
    const define = this.#formats.findLast((one) => one.name === name && one.line < line) ?? this.#macros(name)
    if (define?.params === undefined) return { format, args: [] }
    const text: Token = { kind: 'text', text: format, line: 0, column: 0 }
    const parts = splitByComma(substitute(define, [[text]]))
    const [first = [], ...rest] = parts
    return { format: this.#text(first) ?? format, args: rest.map(written) }
  }
}

interface Resolved {
  readonly family: Family
  readonly name: string
  readonly args: readonly (readonly Token[])[]
}

/** How many tokens the bracket at `open` spans. */
function lengthOf(tokens: readonly Token[], open: number): number {
  let depth = 0
  for (let at = open; at < tokens.length; at++) {
    if (tokens[at]?.text === '(') depth++
    if (tokens[at]?.text === ')' && --depth === 0) return at - open + 1
  }
  return tokens.length - open
}

const isCall = (tokens: readonly Token[], at: number): boolean =>
  tokens[at]?.kind === 'word' && tokens[at + 1]?.text === '('

const written = (tokens: readonly Token[]): string =>
  tokens
    .map((token) => (token.kind === 'text' ? `"${token.text}"` : token.text))
    .join(' ')
    .replace(/ ?(->|\.|\(|\)|\[|\]) ?/g, '$1')

function splitByComma(tokens: readonly Token[]): Token[][] {
  const open: Token = { kind: 'mark', text: '(', line: 0, column: 0 }
  return argumentsAt([open, ...tokens, { ...open, text: ')' }], 0) ?? []
}

/** The body of a macro with its arguments in place. */
function substitute(define: Define, args: readonly (readonly Token[])[]): Token[] {
  const params = define.params ?? []
  const comma: Token = { kind: 'mark', text: ',', line: 0, column: 0 }
  const rest = args.slice(params.length).flatMap((arg, index) => (index === 0 ? [...arg] : [comma, ...arg]))
  const out: Token[] = []
  define.body.forEach((token, at) => {
    const index = token.kind === 'word' ? params.indexOf(token.text) : -1
    if (token.text === '##') return
    if (token.kind === 'word' && (token.text === define.rest || token.text === '__VA_ARGS__')) {
      if (rest.length === 0 && out.at(-1)?.text === ',') out.pop()
      out.push(...rest)
    } else if (index < 0) out.push(token)
    else if (define.body[at - 1]?.text === '#') {
      out.pop()
      out.push({ ...token, kind: 'text', text: written(args[index] ?? []) })
    } else out.push(...(args[index] ?? []))
  })
  return out
}
