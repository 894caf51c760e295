/** A line of the kernel log that no fault wrote, with the drill's mark. */
import { heldScript, type Injection, ordinary } from './injection.ts'

const write = (lines: string): string =>
  `printf '%s\\n' "$${lines}" | while IFS= read -r line; do printf '<3>%s\\n' "$line" > /dev/kmsg; done`

export const kernelLine: Injection = {
  name: 'kernel-line',
  says: 'a marked line is written into the kernel log',
  undoneBy: 'the agent ends the finding when the time in the mark is over; the pod writes an end line before it goes',
  reasons: 'kernel lines',
  marked: true,
  namesItself: true,
  harms: 'nobody',
  foundWithinMs: 15_000,
  rights: {
    ...ordinary,
    why: 'a device of the node can be written by a privileged container alone',
    privileged: true,
    hostPaths: ['/dev/kmsg'],
  },
  script: heldScript(write('BEGIN_LINES'), write('END_LINES')),
}
