/** What zod, or the YAML parser, found, in words that say what to write instead. */
import type { YAMLError } from 'yaml'
import type * as z from 'zod'

type Issue = z.core.$ZodIssue

/** One sentence for one error of the parser, without the place; `text` is what it has read. */
export function yamlComplaintOf({ message, pos: [at] }: Pick<YAMLError, 'message' | 'pos'>, text: string): string {
  const lineStart = text.lastIndexOf('\n', at - 1) + 1
  // Behind a tab the parser counts columns otherwise than an editor shows them: whatever it says, the tab is the cause.
  if (/^ *\t/.test(text.slice(lineStart))) return 'this line is indented with a tab: YAML wants spaces'
  const [said = message] = message.split('\n')
  return said.replace(/ at line \d+, column \d+:?$/, '')
}

/** One sentence for one issue; the place is said elsewhere. */
export function complaintOf(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_value':
      return `write one of ${issue.values.map(String).join(', ')}`
    case 'invalid_type':
      return issue.input === undefined ? missingOr(issue) : `write ${article(issue.expected)} here`
    case 'too_small':
      return `write at least ${issue.minimum} ${unitOf(issue.origin)}`
    case 'too_big':
      return `write at most ${issue.maximum} ${unitOf(issue.origin)}`
    case 'unrecognized_keys':
      return `${issue.keys.join(', ')} is not known here: check the spelling and the indentation`
    default:
      return issue.message
  }
}

/** Zod leaves the input out of its issues unless asked; its own message tells a missing value. */
function missingOr(issue: Extract<Issue, { code: 'invalid_type' }>): string {
  if (/received undefined/.test(issue.message)) return `is missing: write ${article(issue.expected)}`
  return `write ${article(issue.expected)} here`
}

function article(type: string): string {
  const names: Readonly<Record<string, string>> = { object: 'a map of fields', array: 'a list', int: 'a whole number' }
  return names[type] ?? `a ${type}`
}

function unitOf(origin: string): string {
  if (origin === 'string') return 'characters'
  return origin === 'array' ? 'entries' : ''
}
