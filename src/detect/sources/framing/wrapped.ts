/** One message over several physical lines: the log names its frame once, and the rest stands below it. */
import type { Peeled } from './frame.ts'

/** Longest message that is put together, characters, and most lines of it. */
const longestJoined = 4096
const mostLines = 6

/** Keeps the newest message, for the lines below it. */
export class Wrapped {
  #text = ''
  #writer: Peeled['writer'] = 'unknown'
  #process: string | undefined
  #lines = 0

  /** `line` is a message of its own, or begins one. `meant`: nothing has to be added to it. */
  begin(message: Peeled | undefined, meant: boolean): void {
    const framed = message !== undefined && hasFrame(message)
    this.#text = framed && !meant ? message.text : ''
    this.#writer = framed ? message.writer : 'unknown'
    this.#process = message?.process
    this.#lines = 1
  }

  /** What a process wrote in the line above goes on in a line that is indented under it. */
  quotes(line: string, message: Peeled): string | undefined {
    return this.#writer === 'process' && !hasFrame(message) && /^\s{8}/.test(line)
      ? (this.#process ?? 'a process')
      : undefined
  }

  /** The message above with this line added, in the ways that it may have been broken; empty where the line is no part of it. */
  join(message: Peeled): readonly string[] {
    const { text } = message
    const whole = this.#text.length + text.length
    if (this.#text === '' || this.#writer === 'process' || hasFrame(message) || text === '') return []
    if (whole > longestJoined || this.#lines++ >= mostLines) return []
    const above = this.#text
    this.#text = `${above} ${text}`
    return [`${above} ${text}`, above + text, `${above}\\x0a${text}`]
  }
}

/** Where a stamp or a writer is told, a message of its own begins. */
function hasFrame({ writer, stamp }: Peeled): boolean {
  return writer !== 'unknown' || stamp !== undefined
}
