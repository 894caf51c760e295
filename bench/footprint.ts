/**
 * The cost of an agent on its node: memory, CPU and API requests when idle, and memory after a flood of lines.
 */
import { sleep, systemClock } from '../src/telemetry/clock.ts'
import type { Bench, BenchContext, Figures } from './bench.ts'
import { meaninglessLine } from './corpus.ts'
import { ratesBetween, readEffort, readMemory } from './figures/process-figures.ts'
import { feed, type KmsgDevice, openKmsgDevice } from './kmsg-device.ts'
import { type ApiServer, startApiServer } from './server/api-server.ts'
import type { ServerProxy } from './server/proxy.ts'
import { Lab, subjectsFor } from './subjects/run.ts'
import { sideBySide } from './subjects/side-by-side.ts'
import type { Subject } from './subjects/subject.ts'

const minuteMs = 60_000
const settleMinutes = 2
const floodLines = 200_000
/** Rate of the second half of the flood, which an agent can read in full; the first half overruns the ring. */
const readablePerSecond = 10_000
const burst = 100

export const footprint: Bench = {
  name: 'footprint',
  summary: 'memory, CPU, wake-ups and API requests when idle, and memory after 200,000 lines',
  async run(context) {
    const apiServer = await startApiServer(context.log)
    const subjects = subjectsFor(context.options.peers, apiServer.folder)
    const device = openKmsgDevice()
    const proxy = await apiServer.proxy()
    try {
      const figures = await sideBySide(
        subjects,
        (subject) => measure(subject, apiServer, proxy, device, context),
        context.log,
      )
      return { ...figures, server: apiServer.kind }
    } finally {
      await proxy.close()
      device.close()
      await apiServer.close()
    }
  },
}

async function measure(
  subject: Subject,
  apiServer: ApiServer,
  proxy: ServerProxy,
  device: KmsgDevice,
  { options, log, random }: BenchContext,
): Promise<Figures> {
  const minute = options.quick ? 5_000 : minuteMs
  const minutes = options.minutes ?? (options.quick ? 2 : 10)
  const lab = new Lab(apiServer)
  try {
    const { running } = await lab.startReady(subject, { url: proxy.url, faults: false })
    log(`${subject.name}: settles for ${settleMinutes} minutes, then ${minutes} idle minutes`)
    await sleep(systemClock, settleMinutes * minute)
    const settled = readMemory(running.pid)
    proxy.resetCount()
    const before = readEffort(running.pid)
    const start = systemClock.monotonic()
    const records = device.newest()
    await sleep(systemClock, minutes * minute)
    const idle = ratesBetween(before, readEffort(running.pid), systemClock.monotonic() - start)
    const requests = proxy.count()
    const strangers = device.newest() - records
    const after = await flood(running.pid, device, minute, random)
    return { ...settled, ...idle, requests, minutes, recordsMeanwhile: strangers, after }
  } finally {
    await lab.close()
  }
}

/** Memory after the flood and a minute later. */
async function flood(pid: number, device: KmsgDevice, minute: number, random: () => number): Promise<Figures> {
  const texts = Array.from({ length: 1000 }, () => `nodemend-bench: ${meaninglessLine(random)}`)
  const text = (index: number): string => texts[index % texts.length] ?? ''
  for (let index = 0; index < floodLines / 2; index++) device.write(text(index))
  const seconds = floodLines / 2 / readablePerSecond
  await feed(device.write, { perSecond: readablePerSecond, burst, seconds, text })
  await sleep(systemClock, minute / 6)
  const first = readMemory(pid)
  await sleep(systemClock, minute)
  const later = readMemory(pid)
  return { ...first, lines: floodLines, aMinuteLater: { ...later } }
}
