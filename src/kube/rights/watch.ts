/** The rights of a program, asked at its start and again while one is missing: all that are missing in one message. */
import type { Cancel, Clock } from '../../telemetry/clock.ts'
import type { Registry } from '../../telemetry/exposition.ts'
import type { Log } from '../../telemetry/log.ts'
import type { Api } from '../api.ts'
import { type Reviewed, reviewAll } from './review.ts'
import { type Permission, permissionsOf, permissionText, type Right } from './right.ts'

/** While something is missing, or could not be asked. */
const againMs = 5 * 60_000

export interface RightsWatchOptions {
  /** Absent where there is no cluster: nothing is asked. */
  readonly api: Api | undefined
  readonly clock: Clock
  readonly log: Log
  readonly registry: Registry
  readonly rights: readonly Right[]
  /** The command that grants them. */
  readonly remedy: string
  readonly signal: AbortSignal
}

/** Asks now, in the background. Nothing waits for it: what is missing is told, and what can work without it works. */
export function watchRights(options: RightsWatchOptions): void {
  const { api, clock, log, registry, rights, remedy, signal } = options
  const gauge = registry.gauge({
    name: 'nodemend_missing_rights',
    help: 'Rights in the cluster that this program lacks.',
  })
  if (!api) return
  let lacked = false
  let cancel: Cancel = () => undefined
  const ask = async (): Promise<void> => {
    const reviewed = await reviewAll(api, permissionsOf(rights))
    if (signal.aborted) return
    if (reviewed.missing.length > 0 || reviewed.unknown === undefined) gauge.set(reviewed.missing.length)
    else gauge.reset() // not known, so not 0
    tell(log, reviewed, remedy)
    if (lacked && reviewed.missing.length === 0 && reviewed.unknown === undefined) log.info('all rights are granted')
    if (reviewed.unknown === undefined) lacked = reviewed.missing.length > 0
    if (lacked || reviewed.unknown !== undefined) cancel = clock.after(againMs, () => void ask())
  }
  signal.addEventListener('abort', () => cancel(), { once: true })
  void ask()
}

function tell(log: Log, { missing, unknown }: Reviewed, remedy: string): void {
  if (missing.length > 0) {
    const needed = missing.filter(({ right }) => !right.optional)
    const count = missing.length === 1 ? 'a right is' : `${missing.length} rights are`
    const text = `${count} missing: ${missing.map(permissionText).join(', ')}`
    const fields = { without: consequences(missing), remedy }
    if (needed.length > 0) log.error(text, fields)
    else log.warn(text, fields)
  }
  if (unknown !== undefined) log.warn('cannot tell whether all rights are granted', { error: unknown })
}

/** Each sentence once. */
function consequences(missing: readonly Permission[]): readonly string[] {
  return [...new Set(missing.map(({ right }) => right.why))]
}
