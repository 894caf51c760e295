/** The subjects of the shipped catalogue, and the ones that a person names. */
import { compileShipped, loadShipped } from '../../catalog/shipped.ts'
import { injectionNamed } from '../../drill/injections/injections.ts'
import { type Subject, type Subjects, subjectsOf, xidSubjects } from '../../drill/plan/subjects.ts'
import type { DrillMode } from '../../model/drill.ts'
import { nearest } from '../../model/nearest.ts'
import { shownText } from '../../model/shown.ts'
import { catalogueFolder } from '../inspect/catalogue-folder.ts'
import { CommandError, type Io } from '../io.ts'
import type { Choice } from './options.ts'

export interface KnownSubjects extends Subjects {
  /** One for every Xid of the tables, by the reason that it becomes. */
  readonly xids: readonly Subject[]
}

export function knownSubjects({ programFile }: Pick<Io, 'programFile'>): KnownSubjects {
  const folder = catalogueFolder(programFile)
  const catalogue = compileShipped(folder)
  return { ...subjectsOf(loadShipped(folder), catalogue), xids: xidSubjects(catalogue) }
}

/** The subjects that a person chose. Throws as {@link subjectFor}, and where none is named. */
export function subjectsNamed(
  reasons: readonly string[],
  { all, injection, mode }: Omit<Choice, 'for'>,
  io: Pick<Io, 'programFile'>,
): readonly Subject[] {
  const known = knownSubjects(io)
  if (reasons.length === 0 && !all)
    throw new CommandError('NM_DRILL_REASON', 'name a reason, or give --all; see: nodemend drill list')
  if (all) return known.subjects.filter(({ line }) => line !== undefined)
  return reasons.map((reason) => subjectFor(reason, injection, mode, known))
}

/**
 * The gentlest subject of the reason, or the one of the named injection. Throws `NM_DRILL_REASON`, and `NM_DRILL_MODE` where
 * it would harm the node and the mode restrains nothing: the kernel's own evidence carries no mark.
 */
export function subjectFor(
  reason: string,
  injection: string | undefined,
  mode: DrillMode,
  known: KnownSubjects,
): Subject {
  const ways = [...known.subjects, ...known.xids].filter((one) => one.entry === reason || one.reason === reason)
  const found = ways.find((one) => injection === undefined || one.injection === injection)
  if (!found) throw new CommandError('NM_DRILL_REASON', whyNone(reason, ways, injection, known))
  const { marked = true, harms, says } = injectionNamed(found.injection) ?? {}
  if (!marked && harms === 'the node' && mode !== 'Enforce') {
    const text = `injection ${found.injection} of ${reason} harms the node (${says}), and nothing restrains what follows`
    throw new CommandError('NM_DRILL_MODE', `${text}: give --mode enforce`)
  }
  return found
}

function whyNone(
  reason: string,
  ways: readonly Subject[],
  injection: string | undefined,
  { subjects, undrillable }: KnownSubjects,
): string {
  const other = undrillable.find((one) => one.reason === reason)
  if (other) return `${reason} cannot be injected: ${other.why}`
  const names = ways.map((one) => one.injection).join(', ')
  if (ways.length > 0) return `injection ${injection} does not bring ${reason} about: take ${names}`
  const near = nearest(
    reason,
    subjects.map((one) => one.entry),
  )
  const meant = near === undefined ? '' : ` is ${near} meant?`
  return `no reason is called ${shownText(reason)};${meant} see: nodemend drill list`
}
