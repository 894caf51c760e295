/** As many processes as the cgroup of the pod's container may have, and one more. */
import { heldScript, type Injection, ordinary } from './injection.ts'

export const pidExhaustion: Injection = {
  name: 'pid-exhaustion',
  says: 'the container of the pod gets a limit of 32 tasks and asks for more',
  undoneBy: 'limit and processes go with the container',
  reasons: ['CgroupPidLimit'],
  marked: false,
  namesItself: false,
  harms: 'its pod',
  foundWithinMs: 15_000,
  rights: {
    ...ordinary,
    why: 'the limit of its own cgroup is written in a privileged container alone',
    privileged: true,
  },
  script: heldScript(`limit=/sys/fs/cgroup/pids.max
[ -w "$limit" ] || limit=/sys/fs/cgroup/pids/pids.max
echo 32 > "$limit" || exit 1
( n=0; while [ $n -lt 40 ]; do sleep "$HOLD" & n=$((n + 1)); done; wait ) 2>/dev/null &
sleep 1; echo max > "$limit"`),
}
