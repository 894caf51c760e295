/** Scenario files → scenarios. A mistake is told with file, line and remedy; every one of a file at once. */
import { type Document, isMap, isNode, isSeq, LineCounter, parseAllDocuments } from 'yaml'
import type * as z from 'zod'
import { nearest } from '../../model/nearest.ts'
import { policySpec } from '../../repair/policy/schema.ts'
import { thingNames } from './event-schema.ts'
import { type Scenario, scenarioSchema } from './schema.ts'

export type Path = readonly (string | number)[]

export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

export interface Problem extends Place {
  readonly message: string
}

export interface ScenarioAt {
  readonly scenario: Scenario
  /** Where a part of it stands in its file. */
  readonly locate: (path: Path) => Place
}

export interface ReadFile {
  readonly scenarios: readonly ScenarioAt[]
  readonly problems: readonly Problem[]
}

/** Reads the documents of one file; those without a mistake come out. */
export function readScenarios(file: string, text: string): ReadFile {
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, { lineCounter: lines })
  const scenarios: ScenarioAt[] = []
  const problems: Problem[] = []
  for (const document of Array.isArray(documents) ? documents : []) {
    if (document.contents === null && document.errors.length === 0) continue
    const locate = (path: Path): Place => ({ file, ...positionOf(document, lines, path) })
    const found = problemsOf(document, file, lines, locate)
    problems.push(...found.problems)
    if (found.scenario) scenarios.push({ scenario: found.scenario, locate })
  }
  if (scenarios.length + problems.length === 0) {
    problems.push({
      file,
      line: 1,
      column: 1,
      message: 'the file is empty: write a scenario, see docs/how-to/test-a-policy.md',
    })
  }
  return { scenarios, problems }
}

type Locate = (path: Path) => Place

function problemsOf(
  document: Document,
  file: string,
  lines: LineCounter,
  locate: Locate,
): { readonly problems: readonly Problem[]; readonly scenario?: Scenario } {
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ pos, message }) => {
      const { line, col } = lines.linePos(pos[0])
      return { file, line, column: col, message: message.split('\n', 1)[0] ?? '' }
    })
    return { problems }
  }
  const parsed = scenarioSchema.safeParse(document.toJS())
  if (!parsed.success) return { problems: parsed.error.issues.flatMap((issue) => asProblems(issue, locate)) }
  const problems = policyProblems(parsed.data, locate)
  return problems.length > 0 ? { problems } : { problems, scenario: parsed.data }
}

/** Mistakes in the policies that the API server would refuse, told where they stand. */
function policyProblems({ policies }: Scenario, locate: Locate): readonly Problem[] {
  return Object.entries(policies).flatMap(([name, spec]) => {
    const checked = policySpec.safeParse(spec)
    const issues = checked.success ? [] : checked.error.issues
    const unknown = Object.keys(spec).filter((field) => !(field in policySpec.shape))
    return [
      ...issues.flatMap((issue) => asProblems(issue, locate, ['policies', name])),
      ...unknown.map((field) => {
        const near = nearest(field, Object.keys(policySpec.shape))
        const hint = near === undefined ? 'the fields are those of kubectl explain repairpolicy.spec' : `write ${near}`
        return {
          ...locate(['policies', name, field]),
          message: `policies.${name}.${field}: no field of a policy: ${hint}`,
        }
      }),
    ]
  })
}

function asProblems(issue: z.core.$ZodIssue, locate: Locate, before: Path = []): readonly Problem[] {
  const path = [...before, ...issue.path.filter((key) => typeof key !== 'symbol')]
  const said = path.join('.') || 'the scenario'
  if (issue.code !== 'unrecognized_keys') return [{ ...locate(path), message: `${said}: ${issue.message}` }]
  return issue.keys.map((key) => {
    const near = nearest(key, fieldNames)
    const hint = near === undefined ? 'see docs/reference/scenario.schema.json' : `is ${near} meant?`
    return { ...locate([...path, key]), message: `${said}: there is no field ${key}: ${hint}` }
  })
}

const fieldNames = [
  ...Object.keys(scenarioSchema.shape),
  ...thingNames,
  'nodes',
  'outcome',
  'gate',
  'gates',
  'phase',
  'says',
  'count',
]

/** The position of the deepest part of `path` that exists; of a key, where it is written. */
function positionOf(document: Document, lines: LineCounter, path: Path) {
  let node: unknown = document.contents
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0
  for (const key of path) {
    const pair = isMap(node) ? node.items.find((one) => isNode(one.key) && String(one.key) === String(key)) : undefined
    const next = pair ? pair.value : isSeq(node) ? node.get(Number(key), true) : undefined
    if (pair && isNode(pair.key)) offset = pair.key.range?.[0] ?? offset
    else if (isNode(next)) offset = next.range?.[0] ?? offset
    else break
    node = next
  }
  const { line, col } = lines.linePos(offset)
  return { line, column: col }
}
