/**
 * CPU per kernel log record that means nothing, from the device to the end of the rules: CPU of the agent's process at a
 * steady rate of records, less its idle CPU, per record that the kernel counted.
 */
import { sleep, systemClock } from '../src/telemetry/clock.ts'
import type { Bench, BenchContext, Figures } from './bench.ts'
import { meaninglessLine } from './corpus.ts'
import { type Effort, readEffort } from './figures/process-figures.ts'
import { round } from './figures/statistics.ts'
import { feed, type KmsgDevice, openKmsgDevice } from './kmsg-device.ts'
import { type ApiServer, embeddedApiServer } from './server/api-server.ts'
import { Lab, subjectsFor } from './subjects/run.ts'
import { sideBySide } from './subjects/side-by-side.ts'
import type { Subject } from './subjects/subject.ts'

const rates = [500, 2000] as const
const burst = 10
/** After the start: late initialisation, the first heartbeat, the compiler. */
const settleMs = 5000
/** After the last line: an agent that works in batches still works on one. */
const tailMs = 1500
/** CPU in one second that is still a rest, µs. */
const restUs = 20_000

export const kmsg: Bench = {
  name: 'kmsg',
  summary: 'CPU per record of /dev/kmsg at 500/s and 2,000/s',
  async run(context) {
    const apiServer = await embeddedApiServer()
    const subjects = subjectsFor(context.options.peers, apiServer.folder)
    const device = openKmsgDevice()
    try {
      const figures = await sideBySide(subjects, (subject) => measure(subject, apiServer, device, context), context.log)
      return { ...figures, burst, server: apiServer.kind }
    } finally {
      device.close()
      await apiServer.close()
    }
  },
}

async function measure(
  subject: Subject,
  apiServer: ApiServer,
  device: KmsgDevice,
  context: BenchContext,
): Promise<Figures> {
  const seconds = context.options.seconds ?? (context.options.quick ? 2 : 10)
  const lab = new Lab(apiServer)
  try {
    const { running } = await lab.startReady(subject, { faults: false })
    await sleep(systemClock, settleMs)
    await atRest(running.pid)
    const idle = await spent(running.pid, device, () => sleep(systemClock, seconds * 1000))
    const figures: Record<string, number> = { idleMilliCpu: round(idle.cpuUs / idle.elapsedMs, 2) }
    for (const perSecond of rates) {
      const text = (index: number): string => `nodemend-bench ${index}: ${meaninglessLine(context.random)}`
      const busy = await spent(running.pid, device, async () => {
        await feed(device.write, { perSecond, burst, seconds, text })
        await sleep(systemClock, tailMs)
      })
      if (busy.records < perSecond * seconds) {
        throw new Error(
          `NM_BENCH_KMSG: of ${perSecond * seconds} lines the kernel took ${busy.records}: another process restored the limit on writers`,
        )
      }
      const cost = (busy.cpuUs - (idle.cpuUs / idle.elapsedMs) * busy.elapsedMs) / busy.records
      figures[`usPerRecordAt${perSecond}`] = round(cost, 2)
      figures[`recordsAt${perSecond}`] = busy.records
      context.log(`${subject.name}: ${round(cost, 2)} µs of CPU per record at ${perSecond}/s`)
    }
    return figures
  } finally {
    await lab.close()
  }
}

/** Waits until the subject has read what the ring held at its start, a minute at most. */
async function atRest(pid: number): Promise<void> {
  for (let waited = 0; waited < 60; waited++) {
    const { cpuUs } = readEffort(pid)
    await sleep(systemClock, 1000)
    if (readEffort(pid).cpuUs - cpuUs < restUs) return
  }
}

interface Spent {
  readonly cpuUs: number
  readonly elapsedMs: number
  readonly records: number
}

async function spent(pid: number, device: KmsgDevice, run: () => Promise<unknown>): Promise<Spent> {
  const records = device.newest()
  const before: Effort = readEffort(pid)
  const start = systemClock.monotonic()
  await run()
  const elapsedMs = systemClock.monotonic() - start
  const after = readEffort(pid)
  return { cpuUs: after.cpuUs - before.cpuUs, elapsedMs, records: device.newest() - records }
}
