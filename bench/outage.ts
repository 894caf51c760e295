/**
 * An API server that is away: how soon every agent of a small fleet reports a fault of the outage after it, and whether an
 * agent that starts during one survives and loses nothing. A proxy makes the outage, because its end is a known instant.
 */
import { sleep, systemClock } from '../src/telemetry/clock.ts'
import type { Bench, BenchContext, Figures } from './bench.ts'
import { round, summarise } from './figures/statistics.ts'
import { type KmsgDevice, openKmsgDevice } from './kmsg-device.ts'
import { startApiServer } from './server/api-server.ts'
import type { ServerProxy } from './server/proxy.ts'
import { type Instance, Lab, subjectsFor } from './subjects/run.ts'
import { sideBySide } from './subjects/side-by-side.ts'
import type { Subject } from './subjects/subject.ts'

/** Milliseconds after the outage at which a missing report counts as lost, with this delay. */
const patienceMs = 60_000
/** Outages for an agent that retries by the clock: the fault starts the clocks of the whole fleet, so one outage is one sample. */
const outagesForABeat = 3
/** Milliseconds until a started agent reads the log; an agent that reads from the oldest record needs none. */
const openEyesMs = 5000

export const outage: Bench = {
  name: 'outage',
  summary: 'API server refused for 60 s: back to reported, over a fleet; started while it is away',
  async run(context) {
    const apiServer = await startApiServer(context.log)
    const subjects = subjectsFor(context.options.peers, apiServer.folder)
    const device = openKmsgDevice()
    const measured = async (subject: Subject): Promise<Figures> => {
      const proxy = await apiServer.proxy() // one per subject, because a peer that fails may leave it shut
      const lab = new Lab(apiServer)
      try {
        const delays = await seenMeanwhile(subject, lab, proxy, device, context)
        return { ...delays, startedWhileDown: await startedWhileDown(subject, lab, proxy, device) }
      } finally {
        await lab.close()
        await proxy.close()
      }
    }
    try {
      return { ...(await sideBySide(subjects, measured, context.log)), server: apiServer.kind }
    } finally {
      device.close()
      await apiServer.close()
    }
  },
}

async function seenMeanwhile(
  subject: Subject,
  lab: Lab,
  proxy: ServerProxy,
  device: KmsgDevice,
  { options, log, random }: BenchContext,
): Promise<Figures> {
  const beat = (): Promise<void> => sleep(systemClock, random() * (subject.beatMs ?? 0))
  const seconds = options.seconds ?? (options.quick ? 6 : 60)
  const fleet: Instance[] = []
  for (let n = 0; n < (options.fleet ?? 5); n++) {
    await beat()
    fleet.push(await lab.startReady(subject, { url: proxy.url }))
  }
  const outages = subject.beatMs === undefined || options.quick ? 1 : outagesForABeat
  const delays: (number | undefined)[] = []
  for (let n = 0; n < outages; n++) {
    await proxy.shut()
    await sleep(systemClock, seconds * 500)
    const fault = subject.fault(n)
    device.write(fault.line)
    await sleep(systemClock, seconds * 500)
    await beat()
    const back = systemClock.monotonic()
    await proxy.open()
    const seen = await Promise.all(fleet.map((instance) => instance.until(fault.shows, patienceMs)))
    delays.push(...seen.map((one) => one && one.at - back))
    if (fault.recovery) device.write(fault.recovery.line)
  }
  for (const instance of fleet) await lab.end(instance)
  const lost = delays.filter((ms) => ms === undefined).length
  if (lost === delays.length)
    throw new Error(`NM_BENCH_LATE: no report came within ${patienceMs} ms after the API was back`)
  const late = delays.map((ms) => ms ?? patienceMs)
  log(`${subject.name}: reported ${late.map(Math.round).join(', ')} ms after the API was back`)
  const { p50, max } = summarise(late)
  return { p50Ms: round(p50, 1), maxMs: round(max, 1), lost, fleet: fleet.length, outages, secondsAway: seconds }
}

/** Writes one fault of each kind while the agent cannot reach the API, and counts those that are never reported. */
async function startedWhileDown(subject: Subject, lab: Lab, proxy: ServerProxy, device: KmsgDevice): Promise<Figures> {
  await proxy.shut()
  const instance = await lab.start(subject, { url: proxy.url })
  await sleep(systemClock, openEyesMs)
  const faults = subject.kinds.map((n) => subject.fault(n))
  for (const fault of faults) device.write(fault.line)
  await sleep(systemClock, openEyesMs)
  await proxy.open()
  // The wait of an agent that has ended rejects at once.
  const outcomes = await Promise.allSettled(faults.map((fault) => instance.until(fault.shows, patienceMs)))
  for (const { recovery } of faults) if (recovery) device.write(recovery.line)
  const arrived = outcomes.filter((one) => one.status === 'fulfilled' && one.value !== undefined).length
  return { alive: instance.running.isRunning(), lines: faults.length, lost: faults.length - arrived }
}
