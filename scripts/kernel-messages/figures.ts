/** How well the catalogue does what the verdicts ask: the figures of the reference page and of the check. */
import { isNoEvent, type Verdict } from './verdicts.ts'

export interface Figures {
  readonly judged: number
  /** Judged a warning or fatal. */
  readonly relevant: number
  /** Of these: told with the judged severity. */
  readonly recognised: number
  /** Judged no event, or info. */
  readonly silent: number
  /** Judged no event and told above info all the same. */
  readonly falseAlarms: number
}

const severityOf = (text: string): string => text.slice(text.lastIndexOf('/') + 1)

export const isRelevant = ({ judgement }: Verdict): boolean => !isNoEvent(judgement) && severityOf(judgement) !== 'info'

/** Whether the catalogue told it with the severity that was judged; another reason of that severity counts. */
export const isRecognised = ({ judgement, found }: Verdict): boolean =>
  found === '=' || (found !== '-' && severityOf(found) === severityOf(judgement))

export const isFalseAlarm = ({ judgement, found }: Verdict): boolean =>
  isNoEvent(judgement) && found !== '-' && severityOf(found) !== 'info'

export function figuresOf(verdicts: readonly Verdict[]): Figures {
  const relevant = verdicts.filter(isRelevant)
  return {
    judged: verdicts.length,
    relevant: relevant.length,
    recognised: relevant.filter(isRecognised).length,
    silent: verdicts.length - relevant.length,
    falseAlarms: verdicts.filter(isFalseAlarm).length,
  }
}
