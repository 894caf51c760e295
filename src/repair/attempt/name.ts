/** Names of attempts: deterministic, so that two controllers that start the same attempt collide instead of both acting. */

/** A label value and a taint value hold 63 characters: the name is one, too. */
const longestNode = 45
const uidLength = 8

/** `<node>-<start of its UID>-<number>`, safe as an object name, as a taint value and as an operation id. */
export function attemptName(nodeName: string, nodeUid: string, number: number): string {
  const node = nodeName.slice(0, longestNode).replace(/[^a-z0-9]+$/, '')
  const uid = nodeUid
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')
    .slice(0, uidLength)
  return `${node}-${uid}-${number}`
}
