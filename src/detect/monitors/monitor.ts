/**
 * What every monitor is: it reads its own evidence, says what it means, and reports. A monitor that breaks reports
 * itself as a finding and goes on trying; it never stops its neighbours.
 */
import type { ConditionType } from '../../model/condition.ts'
import type { Sighting, Watch } from '../lifecycle/state.ts'
import type { Cursors } from '../lifecycle/state-file.ts'
import type { Input } from '../lifecycle/step.ts'

export interface Monitor {
  /** As in metrics and the log's `monitor` field. */
  readonly name: string
  /** What its evidence speaks about. */
  readonly conditions: readonly ConditionType[]
  /** False when its loop has died: the process should be restarted. */
  readonly alive: boolean
  /** False while its evidence cannot be read: a restart would not help. */
  readonly reading: boolean
  start(): void
  /** Looks at its evidence at once and without waiting, between the times at which it looks anyway. */
  glance(): void
  stop(): void
}

/** What a monitor saw in one go. */
export interface Observation {
  readonly sightings: readonly Sighting[]
  /** How far its source is read with these sightings; they and the cursor are stored together. */
  readonly cursor?: { readonly source: string; readonly position: number }
  /** Present when it changed whether the evidence can be read. */
  readonly watch?: Watch
}

/** Where monitors report to. Must not throw. */
export type Report = (monitor: Monitor, observation: Observation) => void

/** What an observation means to the life cycle, in the order of the log. */
export function inputsOf(monitor: Monitor, { sightings, watch }: Observation): readonly Input[] {
  const seen = sightings.map((sighting): Input => ({ kind: 'seen', sighting }))
  return watch ? [...seen, { kind: 'watch', conditions: monitor.conditions, watch }] : seen
}

export function cursorsOf({ cursor }: Observation): Cursors {
  return cursor ? { [cursor.source]: cursor.position } : {}
}
