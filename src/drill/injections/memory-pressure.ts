/** A process that needs more memory than its container may have. */
import { heldScript, type Injection, ordinary } from './injection.ts'

export const memoryPressure: Injection = {
  name: 'memory-pressure',
  says: 'a process of the pod takes memory until the kernel kills it at the limit of its container',
  undoneBy: 'the kernel ends the process; nothing outside the container is short of memory',
  reasons: ['CgroupOOMKilling'],
  marked: false,
  namesItself: true,
  harms: 'its pod',
  foundWithinMs: 15_000,
  rights: ordinary,
  script: heldScript(
    `sh -c 'printf %s "$TOKEN" > /proc/self/comm; echo 1000 > /proc/self/oom_score_adj; x=x; while :; do x=$x$x; done' || true`,
  ),
}
