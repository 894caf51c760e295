/** The rule files that the chart installs, read as data. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

export const root = join(import.meta.dirname, '..', '..')
const folder = join(root, 'deploy', 'chart', 'files', 'rules')

export interface Alert {
  readonly alert: string
  readonly expr: string
  /** How long the expression has to hold: `5m`. */
  readonly for?: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

export interface Recorded {
  readonly record: string
  readonly expr: string
}

interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly (Alert | Recorded)[] }[]
}

export const ruleFiles = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => join(folder, name))

// promtool checks the form of these files.
const rules = ruleFiles.flatMap((file) =>
  (parse(readFileSync(file, 'utf8')) as RuleFile).groups.flatMap((group) => group.rules),
)

export const alerts = rules.filter((rule): rule is Alert => 'alert' in rule)
export const recorded = rules.filter((rule): rule is Recorded => 'record' in rule)
