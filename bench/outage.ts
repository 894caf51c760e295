/**
 * An API server that is away: how soon a fault seen meanwhile is reported once it is back, by every agent of a small
 * fleet, and whether an agent that starts while it is away lives and loses nothing. A gate plays the outage, because
 * it comes back at a known instant.
 */
import { sleep, systemClock } from '../src/telemetry/clock.ts'
import type { Bench, BenchContext, Figures } from './bench.ts'
import { type KmsgDevice, openKmsgDevice } from './kmsg-device.ts'
import { round, summarise } from './statistics.ts'
import { type Instance, Lab, subjectsFor } from './subjects/run.ts'
import { sideBySide } from './subjects/side-by-side.ts'
import type { Fault, Subject } from './subjects/subject.ts'
import type { Gate } from './target/gate.ts'
import { startTarget } from './target/target.ts'

const patienceMs = 60_000
/** Until an agent that was started has its eyes open; one that reads the log from its oldest record needs none. */
const openEyesMs = 5000

export const outage: Bench = {
  name: 'outage',
  summary: 'API server refused for 60 s: back to reported, over a fleet; started while it is away',
  async run(context) {
    const target = await startTarget(context.log)
    const subjects = subjectsFor(context.options.peers, target.folder)
    const device = openKmsgDevice()
    const gate = await target.gate()
    try {
      const figures = await sideBySide(subjects, async (subject) => {
        const lab = new Lab(target)
        try {
          const delays = await seenMeanwhile(subject, lab, gate, device, context)
          return { ...delays, startedWhileDown: await startedWhileDown(subject, lab, gate, device) }
        } finally {
          await lab.close()
        }
      })
      return { ...figures, server: target.server }
    } finally {
      await gate.close()
      device.close()
      await target.close()
    }
  },
}

async function seenMeanwhile(
  subject: Subject,
  lab: Lab,
  gate: Gate,
  device: KmsgDevice,
  { options, log }: BenchContext,
): Promise<Figures> {
  const seconds = options.seconds ?? (options.quick ? 6 : 60)
  const fleet: Instance[] = []
  for (let n = 0; n < (options.fleet ?? 5); n++) fleet.push(await lab.startReady(subject, { url: gate.url }))
  await gate.shut()
  await sleep(systemClock, seconds * 500)
  const fault = subject.fault(0)
  device.write(fault.line)
  await sleep(systemClock, seconds * 500)
  const back = systemClock.monotonic()
  await gate.open()
  const delays = await Promise.all(fleet.map(async (instance) => (await reported(instance, fault)).at - back))
  log(`${subject.name}: reported ${delays.map((ms) => Math.round(ms)).join(', ')} ms after the API was back`)
  if (fault.recovery) device.write(fault.recovery.line)
  for (const instance of fleet) await lab.end(instance)
  const { p50, max } = summarise(delays)
  return { p50Ms: round(p50, 1), maxMs: round(max, 1), fleet: fleet.length, secondsAway: seconds }
}

/** Writes one fault of each kind while the agent cannot reach the API, and counts those that are never reported. */
async function startedWhileDown(subject: Subject, lab: Lab, gate: Gate, device: KmsgDevice): Promise<Figures> {
  await gate.shut()
  const instance = await lab.start(subject, { url: gate.url })
  await sleep(systemClock, openEyesMs)
  const faults = subject.kinds.map((n) => subject.fault(n))
  for (const fault of faults) device.write(fault.line)
  await sleep(systemClock, openEyesMs)
  const alive = instance.running.isRunning()
  await gate.open()
  if (!alive) return { alive, lines: faults.length, lost: faults.length }
  const outcomes = await Promise.allSettled(faults.map((fault) => reported(instance, fault)))
  for (const { recovery } of faults) if (recovery) device.write(recovery.line)
  return { alive, lines: faults.length, lost: outcomes.filter(({ status }) => status === 'rejected').length }
}

function reported(instance: Instance, fault: Fault) {
  return instance.watch.until((conditions) => fault.shows(conditions), patienceMs, `report of "${fault.line}"`)
}
