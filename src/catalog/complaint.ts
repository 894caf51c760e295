/** Turns errors of zod and the YAML parser into sentences that say what to write instead. */
import type { YAMLError } from 'yaml'
import type * as z from 'zod'

type Issue = z.core.$ZodIssue

/** One sentence for one parser error, without its position; `text` is what the parser read. */
export function yamlComplaintOf({ message, pos: [at] }: Pick<YAMLError, 'message' | 'pos'>, text: string): string {
  const lineStart = text.lastIndexOf('\n', at - 1) + 1
  // After a tab the parser's columns differ from an editor's, and the tab itself is the mistake.
  if (/^ *\t/.test(text.slice(lineStart))) return 'this line is indented with a tab: indent with spaces'
  const [said = message] = message.split('\n')
  return said.replace(/ at line \d+, column \d+:?$/, '')
}

/** One sentence for one issue, without its position. */
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
      return `${issue.keys.join(', ')} is not a known field here: check the spelling and the indentation`
    default:
      return issue.message
  }
}

/** Recognises a missing value by zod's message, because zod leaves the input out of its issues. */
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
