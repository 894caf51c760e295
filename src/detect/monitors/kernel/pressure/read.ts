/**
 * Pressure stall information: kernel/sched/psi.c, /proc/pressure (Documentation/accounting/psi.rst). Many kernels do
 * not have it.
 */
import type { FileRead, Host } from '../../../host/host.ts'
import type { Look } from '../../probe.ts'

/** Percentages of wall time in which every non-idle task waited for the resource. */
export interface Stalls {
  readonly avg10: number
  readonly avg60: number
}

export interface PressureSample {
  readonly memory: Stalls
  readonly io: Stalls
}

export function readPressure(host: Host): Look<PressureSample> {
  const [memory, io] = [host.read('proc/pressure/memory'), host.read('proc/pressure/io')]
  for (const read of [memory, io]) {
    if ('denied' in read) return { failed: read.denied }
    if ('absent' in read) return { absent: 'the kernel has no pressure information; start it with psi=1' }
  }
  const sample = { memory: stallsIn(memory), io: stallsIn(io) }
  if (!sample.memory || !sample.io) return { failed: '/proc/pressure has no line that begins with "full"' }
  return { sample: { memory: sample.memory, io: sample.io } }
}

function stallsIn(read: FileRead): Stalls | undefined {
  const full = 'text' in read ? /^full avg10=(\d+\.\d+) avg60=(\d+\.\d+) /m.exec(read.text) : null
  return full ? { avg10: Number(full[1]), avg60: Number(full[2]) } : undefined
}
