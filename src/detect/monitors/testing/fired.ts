/** Tells which reasons a test saw raised; test/coverage listens while `npm run coverage` runs. */
import { channel } from 'node:diagnostics_channel'

const fired = channel('nodemend:fired')

/** Says that `reason` was raised by something real: a file tree, a line, a fault. */
export function recordFired(reason: string): void {
  fired.publish(reason)
}
