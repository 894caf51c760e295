/** PowerCycle: the provider switches the machine off and on. What follows and what proves it is that of a reboot. */
import type { ActionKind } from '../action.ts'
import { reboot } from '../reboot/reboot.ts'

export const powerCycle: ActionKind = {
  ...reboot,
  words: {
    verb: 'power-cycle',
    label: 'Power-cycles',
    events: { Acting: 'RepairPowerCycling', Observing: 'RepairAwaitingPower' },
    now: {
      Committing: (actor, { kind, name }) => [`asks ${actor} to power-cycle ${kind} ${name}`, `${actor} to begin`],
      Acting: (actor) => [`has ${actor} power-cycle the machine`, 'the node to report a new boot id'],
      Observing: () => ['has power-cycled the machine', 'the node to come back'],
    },
  },
}
