/** Runs the `matches` and `ignores` samples of catalogue files: shipped ones in the tests, users' in `rules test`. */
import type { LoadedFile } from '../../catalog/load.ts'
import type { DetectEntry } from '../../catalog/schema.ts'
import { peel } from '../sources/framing/peel.ts'
import type { Matchers } from './matcher.ts'

/** A sample whose result differs from what the catalogue says. */
export interface SampleFailure {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly reason: string
  readonly message: string
}

export interface SampleRun {
  readonly samples: number
  readonly failures: readonly SampleFailure[]
}

/** Runs every sample of `files` against all rules of its log, including those of other files. */
export function runSamples(files: readonly LoadedFile[], matchers: Matchers): SampleRun {
  const failures: SampleFailure[] = []
  let samples = 0
  for (const file of files) {
    file.content.reasons.forEach((entry, reasonIndex) => {
      entry.detect.forEach((rule, ruleIndex) => {
        const check = (kind: 'matches' | 'ignores', text: string, index: number): void => {
          samples++
          const message = judge(kind, text, entry.reason, rule, matchers)
          if (message === undefined) return
          const at = file.locate(['reasons', reasonIndex, 'detect', ruleIndex, kind, index])
          failures.push({ file: file.file, ...at, reason: entry.reason, message })
        }
        for (const [index, text] of rule.matches.entries()) check('matches', text, index)
        for (const [index, text] of rule.ignores.entries()) check('ignores', text, index)
      })
    })
  }
  return { samples, failures }
}

function judge(
  kind: 'matches' | 'ignores',
  text: string,
  reason: string,
  { source, units, files }: DetectEntry,
  matchers: Matchers,
): string | undefined {
  const matcher = matchers.of(source)
  const origins = units ?? files
  // Words of services may look like a frame (JSON), so they are taken as they are first.
  const bare = source === 'kmsg' ? [] : matcher.matchText(text, origins)
  const isFinal = bare.length > 0 || (source !== 'kmsg' && kind === 'ignores')
  const found = isFinal ? bare : matcher.matchText(peel(text).text, origins)
  const hit = found.some((match) => match.entry === reason)
  if (kind === 'ignores')
    return hit ? `this line must not match ${reason}, but it does: tighten the pattern` : undefined
  if (hit) return undefined
  const other = found[0]
  return other
    ? `this line must match ${reason}, but rule ${other.rule} comes first: tighten that rule, move this one up, or drop this sample if the line means the other reason now`
    : `this line must match ${reason}, but nothing does: check contains, pattern and unless`
}
