/** Whether somebody else already acts on the node. A mark that says only that somebody may act holds for a while, and is told. */
import { foreignAnnotations, foreignOwner, markText, possibleOwner, softForMs, softMarks } from '../foreign.ts'
import { allow, at, type Gate, refuse, wait } from '../gate.ts'

export const foreign: Gate = {
  name: 'foreign-owner',
  annotations: foreignAnnotations,
  ask({ candidate: { node }, snapshot, now }) {
    const owner = foreignOwner(node, snapshot, now)
    if (owner) return refuse(owner, 'they finish, or their mark is removed')
    const possible = possibleOwner(node, snapshot)
    if (possible) return refuse(possible.why, possible.change)
    const soft = softMarks(node)
    const fresh = soft.find(({ since }) => since !== undefined && since <= now && now < since + softForMs)
    if (fresh?.since !== undefined) {
      const until = fresh.since + softForMs
      return wait(`${markText(fresh, now)}; waited for until ${at(until)}`, 'they act, or the mark gets older', until)
    }
    const told = soft.map((one) => markText(one, now)).join('; ')
    return allow(told === '' ? 'nobody else acts on the node' : `nobody acts on the node, although ${told}`)
  },
  // Emptying a node draws soft marks: they never end our own repair.
  cancel: foreignOwner,
}
