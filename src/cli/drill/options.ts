/** Flags that several commands of `nodemend drill` take. */
import { InvalidArgumentError, Option } from 'commander'
import { formatDuration, parseDuration } from '../../catalog/duration.ts'
import { injections } from '../../drill/injections/injections.ts'
import { usualLimits } from '../../drill/plan/choose-node.ts'
import { longestDrillMs, shortestDrillMs } from '../../drill/plan/drill.ts'
import { usualImage } from '../../drill/run/job.ts'
import { type DrillMode, drillModes } from '../../model/drill.ts'

/** Which drills, as a person chooses them. */
export interface Choice {
  readonly all?: boolean
  readonly mode: DrillMode
  /** Milliseconds. */
  readonly for: number
  readonly injection?: string
}

const usualMs = 60_000

export function allOption(): Option {
  return new Option('--all', 'every reason that a marked line brings about: a scorecard of this cluster')
}

export function modeOption(): Option {
  return new Option(
    '--mode <MODE>',
    'observe: an Event; decide: also a condition and a decision; enforce: also the repair',
  )
    .argParser(modeOf)
    .default('Observe', 'observe')
}

export function forOption(): Option {
  return new Option('--for <DURATION>', 'how long the fault is held, and its longest life when nobody ends it')
    .argParser(holdOf)
    .default(usualMs, formatDuration(usualMs))
}

export function injectionOption(): Option {
  return new Option('--injection <NAME>', 'how to inject, where there are several ways').choices(
    injections.map(({ name }) => name),
  )
}

export function imageOption(): Option {
  return new Option('--image <IMAGE>', 'image of the Job’s pod: a shell and the small programs of Unix').default(
    usualImage,
  )
}

export function domainLabelOption(): Option {
  return new Option('--domain-label <KEY>', 'label whose values are the failure domains').default(
    usualLimits.domainLabel,
  )
}

export function perDomainOption(): Option {
  return new Option('--per-domain <N>', 'most nodes under drill at once in one failure domain')
    .argParser(countOf)
    .default(usualLimits.perDomain)
}

function countOf(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 1) return count
  throw new InvalidArgumentError('Write a count of 1 or more.')
}

function modeOf(text: string): DrillMode {
  const mode = drillModes.find((one) => one.toLowerCase() === text.toLowerCase())
  if (mode === undefined) throw new InvalidArgumentError(`Write ${drillModes.join(', ').toLowerCase()}.`)
  return mode
}

function holdOf(text: string): number {
  const ms = parseDuration(text)
  if (ms !== undefined && ms >= shortestDrillMs && ms <= longestDrillMs) return ms
  throw new InvalidArgumentError(
    `Write a duration from ${formatDuration(shortestDrillMs)} to ${formatDuration(longestDrillMs)}.`,
  )
}
