/** What the schemas complain of, told where it stands and with what to write instead. */
import type * as z from 'zod'
import { nearest } from '../../model/nearest.ts'
import { policySpec } from '../../repair/policy/schema.ts'
import { thingNames } from './event-schema.ts'
import type { Locate, Path, Problem } from './place.ts'
import { policyFields } from './policies.ts'
import { scenarioSchema } from './schema.ts'

/** Complaints of a schema about the part at `before`. */
export function problemsOf(issues: readonly z.core.$ZodIssue[], locate: Locate, before: Path = []): readonly Problem[] {
  return issues.flatMap((issue) => {
    const path = [...before, ...issue.path.filter((key) => typeof key !== 'symbol')]
    const said = path.join('.') || 'the scenario'
    if (issue.code !== 'unrecognized_keys') return [{ ...locate(path), message: `${said}: ${issue.message}` }]
    return issue.keys.map((key) => {
      const near = nearest(key, fieldNames)
      const hint = near === undefined ? 'see docs/reference/scenario.schema.json' : `is ${near} meant?`
      return { ...locate([...path, key]), message: `${said}: there is no field ${key}: ${hint}` }
    })
  })
}

/** Mistakes in the `told` fields of a policy at `path`, as the API server would refuse them. */
export function policyProblems(
  spec: Readonly<Record<string, unknown>>,
  locate: Locate,
  path: Path,
  told: readonly string[],
): readonly Problem[] {
  const checked = policySpec.safeParse(spec)
  const issues = checked.success ? [] : checked.error.issues.filter((issue) => told.includes(String(issue.path[0])))
  const unknown = Object.keys(spec).filter((field) => told.includes(field) && !policyFields.includes(field))
  return [
    ...problemsOf(issues, locate, path),
    ...unknown.map((field) => {
      const near = nearest(field, policyFields)
      const hint = near === undefined ? 'the fields are those of kubectl explain repairpolicy.spec' : `write ${near}`
      const at = [...path, field]
      return { ...locate(at), message: `${at.join('.')}: no field of a policy: ${hint}` }
    }),
  ]
}

const fieldNames = [
  ...Object.keys(scenarioSchema.shape),
  ...thingNames,
  'nodes',
  'groups',
  'outcome',
  'gate',
  'gates',
  'phase',
  'says',
  'count',
]
