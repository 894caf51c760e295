/** The fault of one run of the demo: a line of the kernel log that no other run writes. */
import type { Random } from '../../telemetry/clock.ts'

/** What is injected, and by what the run knows it again. */
export interface DemoFault {
  readonly line: string
  /** The device as the agent's log names it. Each run has its own, because several may share one kernel log. */
  readonly device: string
  /** The condition that turns False. */
  readonly condition: string
}

/** A GPU that no longer answers on its bus, at an address that is drawn for this run. */
export function drawFault(random: Random): DemoFault {
  const device = `${hex(random, 4)}:${hex(random, 2)}:00`
  const line = `NVRM: Xid (PCI:${device}): 79, pid=4242, name=demo-${hex(random, 4)}, GPU has fallen off the bus.`
  return { line, device, condition: 'AcceleratedHardwareReady' }
}

function hex(random: Random, digits: number): string {
  return Math.floor(random() * 16 ** digits)
    .toString(16)
    .padStart(digits, '0')
}
