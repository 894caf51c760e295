/**
 * The mark of a drill: `nodemend-drill=<id>,<mode>,<seconds>s` somewhere in an injected line, and `[drill <id>, …]` at the
 * start of the condition that it turns False. docs/how-to/run-a-drill.md says what each mode does.
 */
import { conditionTypes } from './condition.ts'

/**
 * What injected evidence may bring about. `Observe`: an Event and a metric, the condition stays True. `Decide`: the
 * condition turns False, and this controller decides without acting. `Enforce`: as any other evidence.
 */
export const drillModes = ['Observe', 'Decide', 'Enforce'] as const
export type DrillMode = (typeof drillModes)[number]

/** A drill as its evidence names it. */
export interface DrillMark {
  readonly id: string
  readonly mode: DrillMode
  /** How long the evidence counts after its line, milliseconds; 0 ends the drill. */
  readonly forMs: number
}

/** How long evidence counts whose mark gives no time. */
const defaultForMs = 5 * 60_000
/** The longest time that a mark can ask for: a forgotten drill is over within the hour. */
export const longestDrillMs = 60 * 60_000

const word = 'nodemend-drill='
const markPattern = /[ \t]*\bnodemend-drill=([a-z0-9][a-z0-9-]{0,31})(?![a-z0-9-])(?:,([A-Za-z]+))?(?:,(\d{1,5})s)?/

/** The mark as it is appended to a line. */
export function markText({ id, mode, forMs }: DrillMark): string {
  return `${word}${id},${mode},${Math.round(forMs / 1000)}s`
}

/**
 * The first mark in `text`, and the text without it; undefined when there is none. A mode that is not known counts as
 * `Observe`, the most careful one, and a time is cut to {@link longestDrillMs}.
 */
export function readMark(text: string): { readonly mark: DrillMark; readonly rest: string } | undefined {
  const found = markPattern.exec(text)
  if (!found) return undefined
  const [whole, id = '', mode, seconds] = found
  const forMs = seconds === undefined ? defaultForMs : Math.min(Number(seconds) * 1000, longestDrillMs)
  return {
    mark: { id, mode: drillModes.find((one) => one === mode) ?? 'Observe', forMs },
    rest: `${text.slice(0, found.index)}${text.slice(found.index + whole.length)}`,
  }
}

const encoder = new TextEncoder()
const wordBytes = encoder.encode(word)
const equals = 0x3d

/** True when `bytes[start, end)` holds the word of a mark. Allocates nothing. */
export function holdsMark(bytes: Uint8Array, start: number, end: number): boolean {
  const last = wordBytes.length - 1
  for (let at = bytes.indexOf(equals, start + last); at >= 0 && at < end; at = bytes.indexOf(equals, at + 1)) {
    let same = 1
    while (same <= last && bytes[at - same] === wordBytes[last - same]) same++
    if (same > last) return true
  }
  return false
}

/** What a condition says of the drill that alone keeps it False. */
export interface DrillFlag {
  readonly id: string
  readonly mode: DrillMode
}

const flagPattern = /^\[drill ([a-z0-9][a-z0-9-]{0,31}), (Decide|Enforce)\] /
const flagStart = '[drill '

/** The start of a condition's message whose only causes are drills. */
export function flagText({ id, mode }: DrillFlag): string {
  return `${flagStart}${id}, ${mode}] `
}

/** A message that no drill stands behind, so that its text cannot pass for a flag. */
export function withoutFlag(message: string): string {
  return message.startsWith(flagStart) ? `(${message.slice(1)}` : message
}

/** The drill that alone keeps the condition False; undefined for a real fault and for conditions of other detectors. */
export function flagOf({ type, status, message }: FlaggedCondition): DrillFlag | undefined {
  if (status !== 'False' || !(conditionTypes as readonly string[]).includes(type)) return undefined
  const [, id, mode] = flagPattern.exec(message) ?? []
  return id === undefined ? undefined : { id, mode: mode === 'Enforce' ? 'Enforce' : 'Decide' }
}

/** As much of a condition as its flag depends on. */
interface FlaggedCondition {
  readonly type: string
  readonly status: string
  readonly message: string
}

/** The drill for whose sake nothing is repaired: its condition is False because of injected evidence alone. */
export function restrainingDrill(condition: FlaggedCondition | undefined): DrillFlag | undefined {
  const flag = condition && flagOf(condition)
  return flag?.mode === 'Enforce' ? undefined : flag
}
