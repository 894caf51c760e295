/** Matches and settings for the tests of the life cycle. */
import type { Lifecycle } from '../../../catalog/compiled.ts'
import type { Match } from '../../../model/finding.ts'
import { createSettings, noOverrides, type Overrides, type Settings } from '../settings.ts'
import type { Sighting, Standing } from '../state.ts'

export const lifecycles: Readonly<Record<string, Lifecycle>> = {
  Fatal: { raise: { count: 1, withinMs: 0 }, holdMs: 60_000, clearedByBoot: true },
  Quiet: { raise: { count: 1, withinMs: 0 }, holdMs: 60_000, clearAfterMs: 600_000, clearedByBoot: true },
  Thrice: { raise: { count: 3, withinMs: 60_000 }, holdMs: 0, clearAfterMs: 600_000, clearedByBoot: true },
  Lasting: { raise: { count: 1, withinMs: 0 }, holdMs: 0, clearedByBoot: false },
}

/** Life cycle of the agent's own findings. */
const own: Lifecycle = { raise: { count: 1, withinMs: 0 }, holdMs: 0, clearedByBoot: true }

export function testSettings(overrides: Overrides = noOverrides, acceptUserspace = true): Settings {
  const reasons = Object.entries({ ...lifecycles, MonitorFailed: own, AgentStateNotSaved: own }).map(
    ([reason, lifecycle]) => ({
      reason,
      condition: 'KernelReady' as const,
      severity: reason in lifecycles ? ('fatal' as const) : ('warning' as const),
      scope: 'hardware' as const,
      family: 'kernel',
      lifecycle,
      repair: 'NoAction' as const,
    }),
  )
  return createSettings({ reasons, overrides, acceptUserspace })
}

export function match(reason: string, more: Partial<Match> = {}): Match {
  return {
    rule: `${reason}/1`,
    reason,
    entry: reason,
    condition: 'KernelReady',
    severity: 'fatal',
    scope: 'hardware',
    family: 'kernel',
    message: `${reason} happened`,
    ...more,
  }
}

export function sighting(
  at: number,
  position: number,
  what: Match,
  standing: Standing = { trust: 'kernel' },
): Sighting {
  return { match: what, at, source: 'kmsg', position, ...standing }
}
