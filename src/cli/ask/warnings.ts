/** Warnings that are active on a node: the agent names them in the message of a condition that is True. */

const named = /; warnings: (.+)$/

/** The names in a condition's message, `and 3 more` among them where the agent had no room. */
export function warningsIn(message: string): readonly string[] {
  return (named.exec(message)?.[1] ?? '').split(', ').filter((name) => name !== '')
}
