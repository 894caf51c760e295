/** RepairPolicies from YAML files, as `kubectl apply` would take them. */
import { readFileSync } from 'node:fs'
import { isMap, LineCounter, parseAllDocuments } from 'yaml'
import type { KubeObject } from '../../kube/api.ts'
import { shown } from '../../model/shown.ts'
import type { RepairPolicyObject } from '../../repair/policy/parse.ts'
import { CommandError } from '../io.ts'

/** Every RepairPolicy of the files; other kinds are passed over. Throws `NM_POLICY_FILE` with file and line. */
export function readPolicies(files: readonly string[]): readonly RepairPolicyObject[] {
  const found = files.flatMap(readFile)
  if (found.length > 0) return found
  throw new CommandError(
    'NM_POLICY_FILE',
    shown`no RepairPolicy in ${files.join(', ')}; it begins with kind: RepairPolicy`,
  )
}

function readFile(file: string): readonly RepairPolicyObject[] {
  const counter = new LineCounter()
  return parseAllDocuments(textOf(file), { lineCounter: counter }).flatMap((document) => {
    const [error] = document.errors
    if (error) {
      const line = error.linePos?.[0].line ?? 1
      const [first = ''] = error.message.split('\n')
      throw new CommandError('NM_POLICY_FILE', shown`${file}:${line}: ${first}`)
    }
    if (!isMap(document.contents) || document.get('kind') !== 'RepairPolicy') return []
    const object = document.toJS() as KubeObject & { readonly spec?: unknown } // a YAML mapping; parsePolicies checks the spec
    if (typeof object.metadata?.name === 'string') return [object]
    const { line } = counter.linePos(document.contents.range?.[0] ?? 0)
    throw new CommandError('NM_POLICY_FILE', shown`${file}:${line}: the policy has no metadata.name`)
  })
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new CommandError('NM_POLICY_FILE', shown`${file} cannot be read: ${why}`)
  }
}
