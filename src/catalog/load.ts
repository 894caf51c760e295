/**
 * Loads and checks catalogue YAML. Every problem names file, line, column and remedy. A file with a problem is refused
 * whole, because half a rule pack is worse than the last good one.
 */
import { RE2JS } from 're2js'
import { type Document, isMap, isNode, isSeq, LineCounter, parseDocument } from 'yaml'
import type { CompiledProbe, CompiledReason, CompiledRule, Lifecycle } from './compiled.ts'
import { complaintOf, yamlComplaintOf } from './complaint.ts'
import { parseDuration } from './duration.ts'
import { documentOf, plainValueOf, syntaxErrorsOf, unreadable } from './plain-value.ts'
import { type CatalogueFile, catalogueFileSchema, type DetectEntry, type ReasonEntry } from './schema.ts'

/** One problem at one position. */
export interface CatalogueProblem {
  readonly file: string
  readonly line: number
  readonly column: number
  /** What is wrong and what to write instead. */
  readonly message: string
}

/** Thrown when files cannot be loaded; the message lists every problem as `file:line:column: …`. */
export class CatalogueError extends Error {
  override readonly name = 'CatalogueError'
  readonly code = 'NM_CATALOG_INVALID'
  readonly problems: readonly CatalogueProblem[]

  constructor(problems: readonly CatalogueProblem[]) {
    super(problems.map((one) => `${one.file}:${one.line}:${one.column}: ${one.message}`).join('\n'))
    this.problems = problems
  }
}

/** A file's text, with the name used in messages. */
export interface CatalogueSource {
  readonly file: string
  readonly text: string
}

/**
 * A parsed and checked file, and its compiled form. `entries` keeps samples, runbooks and drills for tests and docs.
 */
export interface LoadedFile {
  readonly file: string
  readonly content: CatalogueFile
  readonly reasons: readonly CompiledReason[]
  readonly rules: readonly CompiledRule[]
  /** Returns the position of a value in the file, for the messages of `rules test`. */
  readonly locate: (path: readonly (string | number)[]) => { readonly line: number; readonly column: number }
}

/**
 * Loads every source. Throws {@link CatalogueError} with all problems of all files. `taken` are reasons already in use.
 */
export function loadCatalogue(
  sources: readonly CatalogueSource[],
  taken: ReadonlySet<string> = new Set(),
): LoadedFile[] {
  const problems: CatalogueProblem[] = []
  const files: LoadedFile[] = []
  const seen = new Map<string, string>([...taken].map((reason) => [reason, 'the shipped catalogue']))
  for (const source of sources) {
    const file = loadFile(source, problems)
    if (!file) continue
    file.content.reasons.forEach((entry, index) => {
      const other = seen.get(entry.reason)
      if (other) {
        const at = file.locate(['reasons', index, 'reason'])
        problems.push({
          file: file.file,
          ...at,
          message: `reason ${entry.reason} already exists in ${other}: rename it`,
        })
      }
      seen.set(entry.reason, file.file)
    })
    files.push(file)
  }
  if (problems.length > 0) throw new CatalogueError(problems)
  return files
}

/** Bytes that no text has: a NUL, or what was no UTF-8. */
const noText = /[\0\ufffd]/

function loadFile(source: CatalogueSource, problems: CatalogueProblem[]): LoadedFile | undefined {
  if (noText.test(source.text)) {
    problems.push({
      file: source.file,
      line: 1,
      column: 1,
      message: 'this is no text: give a rule pack in YAML, as UTF-8',
    })
    return undefined
  }
  const lines = new LineCounter()
  const document = documentOf(() => parseDocument(source.text, { lineCounter: lines }))
  if (!document) {
    problems.push({ file: source.file, line: 1, column: 1, message: unreadable })
    return undefined
  }
  for (const error of syntaxErrorsOf(document)) {
    const at = lines.linePos(error.pos[0])
    problems.push({ file: source.file, line: at.line, column: at.col, message: yamlComplaintOf(error, source.text) })
  }
  if (document.errors.length > 0) return undefined
  const locate = (path: readonly (string | number)[]) => position(document, lines, path)
  const plain = plainValueOf(document)
  if ('trouble' in plain) {
    problems.push({ file: source.file, ...locate([]), message: plain.trouble })
    return undefined
  }
  const parsed = catalogueFileSchema.safeParse(plain.value)
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const path = issue.path.filter((key) => typeof key !== 'symbol')
      const extra = issue.code === 'unrecognized_keys' ? [issue.keys[0] ?? ''] : []
      const message = `${path.join('.') || 'the file'}: ${complaintOf(issue)}`
      problems.push({ file: source.file, ...locate([...path, ...extra]), message })
    }
    return undefined
  }
  const before = problems.length
  const content = parsed.data
  const complain: Complain = (path, message) => {
    problems.push({ file: source.file, ...locate(path), message })
  }
  for (const [index, entry] of content.reasons.entries()) checkEntry(entry, ['reasons', index], complain)
  if (problems.length > before) return undefined
  return {
    file: source.file,
    content,
    reasons: content.reasons.map((entry) => compileReason(entry, content)),
    rules: content.reasons.flatMap(compileRules),
    locate,
  }
}

type Complain = (path: readonly (string | number)[], message: string) => void

/** Checks what the schema cannot: that patterns compile and templates name existing groups. */
function checkEntry(entry: ReasonEntry, path: readonly (string | number)[], complain: Complain): void {
  if (entry.probe) checkProbe(entry, entry.probe, (field, text) => complain([...path, 'probe', field], text))
  for (const [index, rule] of entry.detect.entries()) {
    const here = [...path, 'detect', index]
    if ((rule.pattern === undefined) === (rule.decode === undefined)) {
      complain(here, `${entry.reason}: give either pattern or decode`)
      continue
    }
    if (rule.detachable !== undefined && rule.device === undefined) {
      complain([...here, 'detachable'], `${entry.reason}: detachable requires device: add device`)
    }
    if (rule.units !== undefined && rule.source !== 'journal') {
      complain([...here, 'units'], `${entry.reason}: units requires the journal: add source: journal`)
    }
    if ((rule.files !== undefined) !== (rule.source === 'logfile')) {
      complain(here, `${entry.reason}: source: logfile and files go together: give both or neither`)
    }
    const groups = rule.pattern === undefined ? undefined : namedGroups(rule.pattern)
    if (typeof groups === 'string') complain([...here, 'pattern'], `${entry.reason}: ${groups}`)
    else if (groups)
      checkTemplates(rule, groups, (field, text) => complain([...here, field], `${entry.reason}: ${text}`))
  }
}

function checkProbe(
  { reason }: ReasonEntry,
  { above, below, clear }: NonNullable<ReasonEntry['probe']>,
  complain: (field: string, text: string) => void,
): void {
  if ((above === undefined) === (below === undefined)) {
    complain('value', `${reason}: give either above or below`)
    return
  }
  const wrongSide = clear !== undefined && (above !== undefined ? clear > above : clear < (below ?? clear))
  if (wrongSide) complain('clear', `${reason}: clear is beyond the limit: put it on the healthy side`)
}

/** Checks that every `{name}` of a template is a named group of the pattern. */
function checkTemplates(
  rule: DetectEntry,
  groups: ReadonlySet<string>,
  complain: (field: string, text: string) => void,
): void {
  for (const field of ['message', 'device', 'code'] as const) {
    for (const [, name = ''] of (rule[field] ?? '').matchAll(/\{(\w+)(?:\|[^}]*)?\}/g)) {
      if (groups.has(name)) continue
      complain(field, `{${name}} is not a named group of the pattern (it has: ${[...groups].join(', ') || 'none'})`)
    }
  }
}

/** The pattern's named groups, or the error of the pattern. */
function namedGroups(pattern: string): ReadonlySet<string> | string {
  try {
    return new Set(Object.keys(RE2JS.compile(pattern).namedGroups()))
  } catch (error) {
    return `${(error as Error).message}: patterns are RE2 (no look-around, no back-references)`
  }
}

function compileReason(entry: ReasonEntry, file: CatalogueFile): CompiledReason {
  return {
    reason: entry.reason,
    condition: entry.condition ?? file.condition,
    severity: entry.severity,
    scope: entry.scope,
    family: entry.family ?? file.family,
    lifecycle: compileLifecycle(entry),
    ...(entry.probe && { probe: compileProbe(entry.probe) }),
    ...(entry.lasts !== undefined && { lasts: entry.lasts }),
    repair: entry.repair.action,
    ...(entry.repair.service !== undefined && { service: entry.repair.service }),
  }
}

function compileProbe(probe: NonNullable<ReasonEntry['probe']>): CompiledProbe {
  const { monitor, value, above, below = 0, clear, message, detachable } = probe
  const limit = above ?? below
  return {
    monitor,
    value,
    side: above === undefined ? 'below' : 'above',
    limit,
    clear: clear ?? limit,
    message,
    ...(detachable && { detachable }),
  }
}

function compileLifecycle(entry: ReasonEntry): Lifecycle {
  const { raise, hold, clear, expire } = entry.lifecycle
  return {
    raise: {
      count: raise.count,
      withinMs: milliseconds(raise.within),
      ...(raise.for !== undefined && { forMs: milliseconds(raise.for) }),
    },
    holdMs: milliseconds(hold),
    ...(clear.after !== undefined && { clearAfterMs: milliseconds(clear.after) }),
    clearedByBoot: clear.boot,
    ...(expire !== undefined && { expireMs: milliseconds(expire) }),
  }
}

function compileRules(entry: ReasonEntry): CompiledRule[] {
  return entry.detect.map((rule, index) => compileRule(entry, rule, index))
}

function compileRule(entry: ReasonEntry, rule: DetectEntry, index: number): CompiledRule {
  return {
    name: `${entry.reason}/${index + 1}`,
    reason: entry.reason,
    source: rule.source,
    ...(rule.units && { units: rule.units }),
    ...(rule.files && { files: rule.files }),
    contains: typeof rule.contains === 'string' ? [rule.contains] : rule.contains,
    unless: rule.unless,
    recovery: rule.recovery,
    ...(rule.pattern !== undefined && { pattern: rule.pattern }),
    ...(rule.decode !== undefined && { decode: rule.decode }),
    ...(rule.message !== undefined && { message: rule.message }),
    ...(rule.device !== undefined && { device: rule.device }),
    ...(rule.code !== undefined && { code: rule.code }),
    ...(rule.group !== undefined && { group: rule.group }),
    ...(rule.severity !== undefined && { severity: rule.severity }),
    ...(rule.detachable !== undefined && { detachable: rule.detachable }),
    ...(rule.scope !== undefined && { scope: rule.scope }),
    ...(rule.family !== undefined && { family: rule.family }),
  }
}

function milliseconds(text: string): number {
  return parseDuration(text) ?? 0 // the schema accepts only durations
}

/** The position of the deepest part of `path` that exists. */
function position(document: Document, lines: LineCounter, path: readonly (string | number)[]) {
  let node: unknown = document.contents
  for (const key of path) {
    const next = isMap(node) || isSeq(node) ? node.get(key, true) : undefined
    if (!isNode(next)) break
    node = next
  }
  const offset = isNode(node) ? (node.range?.[0] ?? 0) : 0
  const { line, col } = lines.linePos(offset)
  return { line, column: col }
}
