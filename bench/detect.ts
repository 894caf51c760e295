/**
 * From a line in the real /dev/kmsg to the condition in a watch of the bench: the clock starts just before the write and
 * stops when the bytes of the condition arrive. The pauses between tries are random, so that tries meet every moment of
 * an agent that works in batches.
 */
import { sleep, systemClock } from '../src/telemetry/clock.ts'
import type { Bench, BenchContext, Figures } from './bench.ts'
import { round, summarise } from './figures/statistics.ts'
import { type KmsgDevice, openKmsgDevice } from './kmsg-device.ts'
import { startApiServer } from './server/api-server.ts'
import { type Instance, Lab, subjectsFor } from './subjects/run.ts'
import { sideBySide } from './subjects/side-by-side.ts'
import type { Fault, Subject } from './subjects/subject.ts'
import { inMs, patienceMs, tryOften } from './tries.ts'

/** Tries of peers: fewer, because each takes a hundred times longer. */
const peerTries = { whole: 20, quick: 3 }
const shortestPauseMs = 100
/** Milliseconds over which tries spread for an agent that does not report by the clock. */
const shortestSpreadMs = 600

export const detect: Bench = {
  name: 'detect',
  summary: 'kernel log write to condition False in a watch on a real kube-apiserver',
  async run(context) {
    const apiServer = await startApiServer(context.log)
    const subjects = subjectsFor(context.options.peers, apiServer.folder)
    const device = openKmsgDevice()
    const measured = async (subject: Subject): Promise<Figures> => {
      const lab = new Lab(apiServer)
      try {
        const delays = await measure(subject, await lab.startReady(subject), device, context)
        context.log(`${subject.name}: p50 ${delays.p50Ms} ms, p99 ${delays.p99Ms} ms`)
        return delays
      } finally {
        await lab.close()
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

async function measure(
  subject: Subject,
  instance: Instance,
  device: KmsgDevice,
  { options, random }: BenchContext,
): Promise<Figures> {
  const own = options.tries ?? (options.quick ? 10 : 200)
  const { delays, recoveries, missed } = await tryOften({
    tries: subject.name === 'nodemend' ? own : Math.min(own, options.quick ? peerTries.quick : peerTries.whole),
    fault: subject.fault,
    pause: () => sleep(systemClock, shortestPauseMs + random() * (subject.beatMs ?? shortestSpreadMs)),
    delayOf: async ({ line, shows }) => {
      const start = systemClock.monotonic()
      device.write(line)
      const seen = await instance.until(shows, patienceMs)
      return seen && seen.at - start
    },
  })
  const recovered =
    recoveries.length > 0
      ? { recoveryP50Ms: round(summarise(recoveries).p50, 1) }
      : await silence(instance, subject.fault(delays.length - 1), options.quick)
  return { ...inMs(delays), tries: delays.length, missed, ...recovered }
}

/** For a subject without recovery lines: whether its condition recovers by itself without further lines. */
async function silence(instance: Instance, { shows }: Fault, quick: boolean): Promise<Figures> {
  const waitMs = quick ? 5_000 : patienceMs
  const start = systemClock.monotonic()
  const seen = await instance.until((conditions) => !shows(conditions), waitMs)
  return { recoveryP50Ms: seen ? round(seen.at - start, 1) : null, recoveryWaitedMs: waitMs }
}
