/** C source as tokens: enough of the language to find calls, their arguments and the macros that stand behind them. */

/** A word, a string literal without its quotes, or any other mark. `line` counts from 1, `column` from 0. */
export interface Token {
  readonly kind: 'word' | 'text' | 'mark'
  readonly text: string
  readonly line: number
  readonly column: number
}

/** One `#define`; `params` is undefined for a macro without brackets, a last parameter `args...` is `rest`. */
export interface Define {
  readonly name: string
  readonly params?: readonly string[]
  readonly rest?: string
  readonly body: readonly Token[]
  readonly line: number
}

export interface SourceText {
  readonly tokens: readonly Token[]
  readonly defines: readonly Define[]
  /** Headers in quotes, and those common ones that set the prefix of a subsystem. */
  readonly includes: readonly string[]
}

const piece =
  /(?<space>[ \t\r\f\v]+|\\\r?\n)|(?<comment>\/\*[\s\S]*?\*\/|\/\/(?:\\\n|[^\n])*)|(?<newline>\n)|(?<text>"(?:\\[\s\S]|[^"\\\n])*")|(?<char>'(?:\\.|[^'\\\n])*')|(?<word>[A-Za-z_]\w*)|(?<number>\.?\d[\w.]*)|(?<dots>\.\.\.|->|##)|(?<mark>[\s\S])/y

const debugHeader = /ceph_debug\.h$/

/** Reads one file. Both branches of an `#if` are kept, since either may be what a distribution builds. */
export function readTokens(source: string): SourceText {
  const tokens: Token[] = []
  const defines: Define[] = []
  const includes: string[] = []
  let directive: Token[] | undefined
  let line = 1
  let lineStart = 0
  const endDirective = (): void => {
    if (directive !== undefined) readDirective(directive, defines, includes)
    directive = undefined
  }
  piece.lastIndex = 0
  for (let found = piece.exec(source); found?.groups; found = piece.exec(source)) {
    const [whole] = found
    const { space, comment, newline, text, word, mark } = found.groups
    const at = { line, column: found.index - lineStart }
    if (newline !== undefined) endDirective()
    else if (mark === '#' && startsLine(source, found.index)) directive = []
    else if (space === undefined && comment === undefined) {
      const token: Token =
        text !== undefined
          ? { kind: 'text', text: text.slice(1, -1).replace(/\\\n/g, ''), ...at }
          : { kind: word === undefined ? 'mark' : 'word', text: whole, ...at }
      ;(directive ?? tokens).push(token)
    }
    for (let next = whole.indexOf('\n'); next >= 0; next = whole.indexOf('\n', next + 1)) {
      line++
      lineStart = found.index + next + 1
    }
    if (piece.lastIndex >= source.length) break
  }
  endDirective()
  return { tokens, defines, includes }
}

function startsLine(source: string, at: number): boolean {
  for (let before = at - 1; before >= 0; before--) {
    const char = source[before]
    if (char === '\n') return true
    if (char !== ' ' && char !== '\t') return false
  }
  return true
}

function readDirective(tokens: readonly Token[], defines: Define[], includes: string[]): void {
  const [word, name] = tokens
  if (word?.text === 'include') {
    const named =
      name?.kind === 'text'
        ? name.text
        : tokens
            .slice(2, -1)
            .map((token) => token.text)
            .join('')
    if (name?.kind === 'text' || debugHeader.test(named)) includes.push(named)
  }
  if (word?.text !== 'define' || name?.kind !== 'word') return
  const open = tokens[2]
  const isFunction = open?.text === '(' && open.line === name.line && open.column === name.column + name.text.length
  if (!isFunction) {
    defines.push({ name: name.text, body: tokens.slice(2), line: name.line })
    return
  }
  const close = tokens.findIndex((token, index) => index > 2 && token.text === ')')
  const names = tokens.slice(3, close).filter((token) => token.text !== ',')
  const params = names.filter((token) => token.kind === 'word').map((token) => token.text)
  const variadic = names.at(-1)?.text === '...'
  const named = variadic && names.at(-2)?.kind === 'word' && tokens[close - 2]?.text !== ','
  const rest = variadic ? (named ? params.at(-1) : '__VA_ARGS__') : undefined
  defines.push({
    name: name.text,
    params: named ? params.slice(0, -1) : params,
    ...(rest !== undefined && { rest }),
    body: tokens.slice(close + 1),
    line: name.line,
  })
}
