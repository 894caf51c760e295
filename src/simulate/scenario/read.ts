/** Scenario files → scenarios. A mistake is told with file, line and remedy; every one of a file at once. */
import { type Document, LineCounter, parseAllDocuments } from 'yaml'
import { type Locate, locatorOf, type Problem } from './place.ts'
import { type Given, inForceIn, type Policies, policyFields } from './policies.ts'
import { policyProblems, problemsOf } from './problems.ts'
import { defaultsSchema, policyDocument, type Scenario, scenarioSchema } from './schema.ts'

export interface ScenarioFile {
  readonly file: string
  readonly text: string
}

export interface ScenarioAt {
  readonly scenario: Scenario
  /** Where a part of it stands in its file. */
  readonly locate: Locate
}

export interface ReadFiles {
  readonly scenarios: readonly ScenarioAt[]
  readonly problems: readonly Problem[]
}

interface Part {
  readonly document: Document
  readonly locate: Locate
}

type Content = Readonly<Record<string, unknown>>

/**
 * Reads files of scenarios, of RepairPolicies, or of both. RepairPolicies of any file are in force in every scenario that has
 * no policies of its own. Scenarios without a mistake come out.
 */
export function readScenarios(files: readonly ScenarioFile[]): ReadFiles {
  const parsed = files.map(({ file, text }) => ({ file, ...partsOf(file, text) }))
  const problems = parsed.flatMap((one) => one.problems)
  const documents: Record<string, Content> = {}
  for (const { document, locate } of parsed.flatMap((one) => one.parts)) {
    if (kindOf(document) !== 'policy') continue
    const read = policyDocument.safeParse(document.toJS())
    if (!read.success) problems.push(...problemsOf(read.error.issues, locate))
    else {
      problems.push(
        ...policyProblems(read.data.spec, locate, ['spec'], [...policyFields, ...Object.keys(read.data.spec)]),
      )
      documents[read.data.metadata.name] = read.data.spec
    }
  }
  const read = parsed.map((one) => readFile(one.parts, documents))
  for (const { file, parts, problems: found } of parsed) {
    if (parts.length + found.length > 0) continue
    const message = 'the file is empty: write a scenario, see docs/how-to/test-a-policy.md'
    problems.push({ file, line: 1, column: 1, message })
  }
  return {
    scenarios: read.flatMap((one) => one.scenarios),
    problems: [...problems, ...read.flatMap((one) => one.problems)].sort(inFileOrder),
  }
}

function partsOf(
  file: string,
  text: string,
): { readonly parts: readonly Part[]; readonly problems: readonly Problem[] } {
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, { lineCounter: lines })
  const all: readonly Document[] = Array.isArray(documents) ? documents : [] // an empty file answers no list
  const problems = all.flatMap(({ errors }) =>
    errors.map(({ pos, message }) => {
      const { line, col } = lines.linePos(pos[0])
      return {
        file,
        line,
        column: col,
        message: (message.split('\n', 1)[0] ?? '').replace(/ at line \d+, column \d+:$/, ''),
      }
    }),
  )
  const sound = all.filter(({ contents, errors }) => contents !== null && errors.length === 0)
  return { problems, parts: sound.map((document) => ({ document, locate: locatorOf(file, lines, document) })) }
}

/** The scenarios of one file, under the defaults that stand before them. */
function readFile(parts: readonly Part[], documents: Policies): ReadFiles {
  const scenarios: ScenarioAt[] = []
  const problems: Problem[] = []
  let given: Given = { documents }
  for (const { document, locate } of parts) {
    const kind = kindOf(document)
    if (kind === 'policy') continue
    if (kind === 'defaults') {
      const read = defaultsSchema.safeParse(document.toJS())
      problems.push(...(read.success ? [] : problemsOf(read.error.issues, locate)))
      const policy = read.data?.defaults.policy
      if (policy) problems.push(...policyProblems(policy, locate, ['defaults', 'policy'], Object.keys(policy)))
      given = { documents, policy }
      continue
    }
    const read = readOne({ document, locate }, given)
    problems.push(...read.problems)
    if (read.scenario) scenarios.push({ scenario: read.scenario, locate })
  }
  return { scenarios, problems }
}

function readOne(
  { document, locate }: Part,
  given: Given,
): { readonly problems: readonly Problem[]; readonly scenario?: Scenario } {
  const parsed = scenarioSchema.safeParse(document.toJS())
  const own = ownPolicies(document)
  const policies = inForceIn(own, given)
  const inherited = Object.keys(given.policy ?? {})
  const problems = [
    ...(parsed.success ? [] : problemsOf(parsed.error.issues, locate)),
    ...Object.entries(own ?? {}).flatMap(([name, spec]) => {
      const told = [...Object.keys(spec), ...policyFields.filter((field) => !inherited.includes(field))]
      return policyProblems(policies[name] ?? {}, locate, ['policies', name], told)
    }),
  ]
  if (!parsed.success || problems.length > 0) return { problems }
  return { problems, scenario: { ...parsed.data, policies } }
}

/** The policies of a scenario that are mappings, whatever else is wrong with it; undefined where it has none. */
function ownPolicies(document: Document): Policies | undefined {
  const raw: unknown = (document.toJS() as Content | null)?.policies // a document that is no mapping has no policies
  if (raw === undefined || raw === null || typeof raw !== 'object') return undefined
  const isMapping = (spec: unknown): spec is Content =>
    typeof spec === 'object' && spec !== null && !Array.isArray(spec)
  return Object.fromEntries(Object.entries(raw).filter((entry): entry is [string, Content] => isMapping(entry[1])))
}

function kindOf(document: Document): 'policy' | 'defaults' | 'scenario' {
  if (document.get?.('kind') === 'RepairPolicy') return 'policy'
  return document.has?.('defaults') ? 'defaults' : 'scenario'
}

function inFileOrder(a: Problem, b: Problem): number {
  return a.file === b.file ? a.line - b.line : 0
}
