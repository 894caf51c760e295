/** What a soak does. */

export interface SoakOptions {
  /** Kills of the agent, and as many of the controller. */
  readonly kills: number
  /** How long the API is away, once, in the middle. */
  readonly awayMs: number
  /** The longest life of each program before it is killed. */
  readonly longestLifeMs: { readonly agent: number; readonly controller: number }
  /** The longest pause between faults. The agent writes one Event in two seconds at length, after a burst of 32. */
  readonly longestPauseMs: number
  /** Time limit for a stable state after the last kill. */
  readonly restMs: number
  readonly seed: number
  /** The bundles have just been built. */
  readonly fresh?: boolean
  readonly log: (line: string) => void
}

/** `npm run soak`. */
export const fullSoak = {
  kills: 500,
  awayMs: 60_000,
  longestLifeMs: { agent: 2_000, controller: 6_000 },
  longestPauseMs: 9_000,
  restMs: 180_000,
} as const

/** The share of it in `npm test`. */
export const shortSoak = {
  kills: 20,
  awayMs: 3_000,
  longestLifeMs: { agent: 1_500, controller: 2_500 },
  longestPauseMs: 1_500,
  restMs: 60_000,
} as const
