/**
 * From a line in the real /dev/kmsg to a condition that others can see: the clock starts just before the write and
 * stops when the bytes of a watch, opened by the bench itself, bring the condition. The pauses between tries are
 * random, so that an agent that works in batches is caught at every moment of its beat.
 */
import { sleep, systemClock } from '../src/telemetry/clock.ts'
import type { Bench, BenchContext, Figures } from './bench.ts'
import { type KmsgDevice, openKmsgDevice } from './kmsg-device.ts'
import { round, summarise } from './statistics.ts'
import { type Instance, Lab, subjectsFor } from './subjects/run.ts'
import { sideBySide } from './subjects/side-by-side.ts'
import type { Fault, Subject } from './subjects/subject.ts'
import { startTarget } from './target/target.ts'

/** Peers are a hundred times slower; fewer tries say as much. */
const peerTries = 20
const shortestPauseMs = 100
const longestPauseMs = 700
/** After which a try counts as never seen, and the bench fails. */
const patienceMs = 60_000

export const detect: Bench = {
  name: 'detect',
  summary: 'kernel log write to condition False in a watch on a real kube-apiserver',
  async run(context) {
    const target = await startTarget(context.log)
    const subjects = subjectsFor(context.options.peers, target.folder)
    const device = openKmsgDevice()
    const lab = new Lab(target)
    try {
      const figures = await sideBySide(subjects, async (subject) => {
        const instance = await lab.startReady(subject)
        const delays = await measure(subject, instance, device, context)
        await lab.end(instance)
        context.log(`${subject.name}: p50 ${delays.p50Ms} ms, p99 ${delays.p99Ms} ms`)
        return delays
      })
      return { ...figures, server: target.server }
    } finally {
      await lab.close()
      device.close()
      await target.close()
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
  const tries = subject.name === 'nodemend' ? own : Math.min(own, peerTries)
  const delays: number[] = []
  const recoveries: number[] = []
  for (let n = 0; n < tries; n++) {
    await sleep(systemClock, shortestPauseMs + random() * (longestPauseMs - shortestPauseMs))
    const fault = subject.fault(n)
    delays.push(await delayOf(device, instance, fault))
    if (!fault.recovery) continue
    await sleep(systemClock, shortestPauseMs + random() * (longestPauseMs - shortestPauseMs))
    recoveries.push(await delayOf(device, instance, fault.recovery))
  }
  const { p50, p90, p99, max } = summarise(delays)
  return {
    p50Ms: round(p50, 1),
    p90Ms: round(p90, 1),
    p99Ms: round(p99, 1),
    maxMs: round(max, 1),
    tries,
    ...(recoveries.length > 0 && { recoveryP50Ms: round(summarise(recoveries).p50, 1) }),
  }
}

async function delayOf(device: KmsgDevice, instance: Instance, fault: Pick<Fault, 'line' | 'shows'>): Promise<number> {
  const start = systemClock.monotonic()
  device.write(fault.line)
  const seen = await instance.watch.until((conditions) => fault.shows(conditions), patienceMs, fault.line)
  return seen.at - start
}
