/** One subsystem of one kernel tree → every message in it, each once, with its hash and what the catalogue makes of it. */
import type { Matcher } from '../../src/detect/match/matcher.ts'
import { type Print, printsOf } from './print/prints.ts'
import type { Tree } from './source/tree.ts'
import { fits, foldersOf, isJudged, type Subsystem, subsystems } from './subsystems.ts'
import { hashOf, type Verdict } from './verdicts.ts'

export interface Message extends Print {
  readonly hash: string
  /** Reason and severity, or undefined where the catalogue is silent. */
  readonly match: `${string}/${'info' | 'warning' | 'fatal'}` | undefined
}

export function messagesOf(tree: Tree, subsystem: Subsystem, matcher: Matcher): Message[] {
  const files = new Set(foldersOf(subsystem).flatMap((folder) => tree.files(folder)))
  const found = new Map<string, Message>()
  for (const file of [...files].filter((one) => isJudged(one) && ownerOf(one) === subsystem)) {
    for (const print of printsOf(tree, file)) {
      // The text of a WARN() is part of the report that its "WARNING: CPU: …" line stands for.
      if (print.level === 'trace' || (print.level === 'warn' && !subsystem.warnings)) continue
      const hash = hashOf(file, print.format)
      if (found.has(hash)) continue
      const [match] = matcher.matchText(print.example)
      found.set(hash, { ...print, hash, match: match && `${match.entry}/${match.severity}` })
    }
  }
  return [...found.values()]
}

/** The subsystem whose pattern for `file` is the longest: a driver's own before that of its folder. */
function ownerOf(file: string): Subsystem | undefined {
  const owners = subsystems.flatMap((subsystem) =>
    subsystem.under.filter((pattern) => fits(pattern, file)).map((pattern) => ({ subsystem, length: pattern.length })),
  )
  return owners.sort((a, b) => b.length - a.length)[0]?.subsystem
}

/** What the verdict file says of the catalogue's answer. */
export function foundOf(message: Message, judgement: Verdict['judgement']): Verdict['found'] {
  if (message.match === undefined) return '-'
  return message.match === judgement ? '=' : message.match
}
