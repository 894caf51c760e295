/** The state of an agent that starts now: what the kernel log of this machine says already is not part of the demo. */
import { bootClock, bootId } from '../../detect/host/boot.ts'
import { openHost } from '../../detect/host/host.ts'
import { serialiseState } from '../../detect/ledger/state-file.ts'
import { createSteadyTime } from '../../detect/ledger/steady-time.ts'
import { emptyState } from '../../detect/lifecycle/state.ts'
import { openKmsgDevice } from '../../detect/sources/kmsg/device.ts'
import { emptyRecord } from '../../detect/sources/kmsg/record.ts'
import type { Clock } from '../../telemetry/clock.ts'

/** Text of a state file whose cursor stands at the end of the kernel log `device`. */
export function stateAtEndOf(device: string, clock: Clock): string {
  const host = openHost('/')
  const boot = bootId(host)
  const time = createSteadyTime(clock, bootClock(host, clock), boot, undefined)
  return serialiseState({
    time: { bootId: boot, base: time.base, now: time.now() },
    cursors: { kmsg: endOf(device, clock) },
    lifecycle: emptyState(boot, clock.now()),
  })
}

/** The sequence number after the newest record. */
function endOf(device: string, clock: Clock): number {
  const reader = openKmsgDevice(device, { clock })
  const record = emptyRecord()
  let end = 0
  for (let outcome = reader.next(record); outcome !== 'nothing'; outcome = reader.next(record)) {
    if (outcome === 'record') end = record.sequence + 1
  }
  reader.close()
  return end
}
