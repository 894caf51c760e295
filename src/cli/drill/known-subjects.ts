/** The subjects of the shipped catalogue, and the ones that a person names. */
import { compileShipped, loadShipped } from '../../catalog/shipped.ts'
import { type Subject, type Subjects, subjectsOf, xidSubjects } from '../../drill/plan/subjects.ts'
import { nearest } from '../../model/nearest.ts'
import { shownText } from '../../model/shown.ts'
import { catalogueFolder } from '../inspect/catalogue-folder.ts'
import { CommandError, type Io } from '../io.ts'

export interface KnownSubjects extends Subjects {
  /** One for every Xid of the tables, by the reason that it becomes. */
  readonly xids: readonly Subject[]
}

export function knownSubjects({ programFile }: Pick<Io, 'programFile'>): KnownSubjects {
  const folder = catalogueFolder(programFile)
  const catalogue = compileShipped(folder)
  return { ...subjectsOf(loadShipped(folder), catalogue), xids: xidSubjects(catalogue) }
}

/** The gentlest subject of each named reason, or the one of the named injection. Throws `NM_DRILL_REASON`. */
export function subjectsNamed(
  reasons: readonly string[],
  injection: string | undefined,
  known: KnownSubjects,
): readonly Subject[] {
  return reasons.map((reason) => {
    const ways = [...known.subjects, ...known.xids].filter((one) => one.entry === reason || one.reason === reason)
    const found = ways.find((one) => injection === undefined || one.injection === injection)
    if (!found) throw new CommandError('NM_DRILL_REASON', whyNone(reason, ways, injection, known))
    return found
  })
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
