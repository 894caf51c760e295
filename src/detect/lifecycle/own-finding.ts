/**
 * Findings about the agent itself, e.g. that its state cannot be saved. The catalogue's entry gives everything but the
 * message.
 */
import type { ConditionType } from '../../model/condition.ts'
import type { Match } from '../../model/finding.ts'
import type { Settings } from './settings.ts'

/** The fields that the entry does not give. */
export interface OwnFinding {
  readonly message: string
  readonly device?: string
  readonly code?: string
  /** For a finding about a monitor: the condition of that monitor. */
  readonly condition?: ConditionType
}

/** The match of the catalogue's entry `reason`. Throws TypeError for a reason that the catalogue does not have. */
export function ownFinding(settings: Settings, reason: string, said: OwnFinding): Match {
  const entry = settings.entryOf(reason)
  if (!entry) throw new TypeError(`the catalogue has no entry ${reason}, which the agent itself raises`)
  const { condition, severity, scope, family } = entry
  return { rule: `${reason}/own`, reason, entry: reason, condition, severity, scope, family, ...said }
}
