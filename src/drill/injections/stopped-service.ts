/** A service of the node that does not start: a transient unit of systemd. */
import { heldScript, type Injection, ordinary } from './injection.ts'

export const stoppedService: Injection = {
  name: 'stopped-service',
  says: 'systemd of the node is told to start a service of the drill, which fails at once',
  undoneBy: 'systemd forgets the unit when it has failed (CollectMode=inactive-or-failed)',
  reasons: ['ServiceFailedToStart'],
  marked: false,
  namesItself: true,
  harms: 'nobody',
  foundWithinMs: 30_000,
  rights: {
    ...ordinary,
    why: 'systemd is reached through the first process of the node',
    privileged: true,
    hostPid: true,
  },
  script: heldScript(
    `nsenter -t 1 -m -u -i -n -p -- systemd-run --quiet --collect --unit="nodemend-drill-$TOKEN" --property=Type=oneshot /bin/false || true`,
  ),
}
