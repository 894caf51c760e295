/** The state file of an agent that has run on this machine before and has read its kernel log up to now. */

import { writeFileSync } from 'node:fs'
import { bootClock, bootId } from '../../src/detect/host/boot.ts'
import { openHost } from '../../src/detect/host/host.ts'
import { serialiseState } from '../../src/detect/ledger/state-file.ts'
import { createSteadyTime } from '../../src/detect/ledger/steady-time.ts'
import { emptyState } from '../../src/detect/lifecycle/state.ts'
import { openKmsgDevice } from '../../src/detect/sources/kmsg/device.ts'
import { emptyRecord } from '../../src/detect/sources/kmsg/record.ts'
import { systemClock } from '../../src/telemetry/clock.ts'

/** Without this file a new agent reports the lines that earlier tests wrote to the log of the same boot. */
export function writeStateAtEndOfLog(stateFile: string, kmsg: string): void {
  const host = openHost('/')
  const boot = bootId(host)
  const time = createSteadyTime(systemClock, bootClock(host, systemClock), boot, undefined)
  const state = serialiseState({
    time: { bootId: boot, base: time.base, now: time.now() },
    cursors: { kmsg: endOfLog(kmsg) },
    lifecycle: emptyState(boot, systemClock.now()),
  })
  writeFileSync(stateFile, state)
}

function endOfLog(kmsg: string): number {
  const reader = openKmsgDevice(kmsg, { clock: systemClock })
  const record = emptyRecord()
  let end = 0
  for (let outcome = reader.next(record); outcome !== 'nothing'; outcome = reader.next(record)) {
    if (outcome === 'record') end = record.sequence + 1
  }
  reader.close()
  return end
}
