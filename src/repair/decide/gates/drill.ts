/** Whether injected evidence alone condemns the node: unless its drill says Enforce, nothing is repaired for it. */
import { flagOf, restrainingDrill } from '../../../model/drill.ts'
import { allow, type Gate, refuse } from '../gate.ts'

export const drill: Gate = {
  name: 'drill',
  ask({ candidate: { condition } }) {
    const flag = flagOf(condition)
    if (!flag) return allow(`no drill stands behind ${condition.type}`)
    if (!restrainingDrill(condition)) return allow(`drill ${flag.id} says Enforce`)
    return refuse(
      `${condition.type} is False because of drill ${flag.id} alone`,
      `a real fault of ${condition.type}, or a drill in mode Enforce`,
    )
  },
}
