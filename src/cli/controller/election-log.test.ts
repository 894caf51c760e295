import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startEmbedded } from '../../embedded/server.ts'
import { type Call, leases } from '../../kube/api.ts'
import { connectTo } from '../../kube/connect.ts'
import { KubeError } from '../../kube/errors.ts'
import { holdLease } from '../../kube/lease.ts'
import { tap } from '../../providers/testing/tap.ts'
import { SteppedClock, seededRandom } from '../../telemetry/clock.ts'
import { createLog } from '../../telemetry/log.ts'
import { ElectionLog } from './election-log.ts'

interface Line {
  readonly atMs: number
  readonly msg: string
  readonly failures: number
}

function given() {
  const clock = new SteppedClock()
  const lines: Line[] = []
  const begun = clock.monotonic()
  const write = (line: string): void => {
    const { msg, failures } = JSON.parse(line) as Line
    lines.push({ atMs: clock.monotonic() - begun, msg, failures })
  }
  const log = createLog({ clock, hostname: 'a', level: 'info', write })
  return { clock, lines, election: new ElectionLog(log, clock) }
}

test('an outage of an hour: one line at once, then ever fewer, and one when it is over', async () => {
  const { clock, lines, election } = given()
  election.worked()
  assert.equal(lines.length, 0)
  for (let seconds = 0; seconds < 3_600; seconds += 4) {
    election.failed(new Error('no answer'))
    await clock.advance(4_000)
  }
  const told = lines.map((one) => one.atMs / 1_000)
  assert.equal(told[0], 0)
  assert.ok(told.length >= 6 && told.length <= 10, told.join())
  const gaps = told.slice(1).map((at, index) => at - (told[index] ?? 0))
  for (const [index, gap] of gaps.entries()) {
    assert.ok(
      gap >= (index === 0 ? 30 : 0) && gap <= 904 && gap >= Math.min(gaps[index - 1] ?? 0, 900) - 4,
      gaps.join(),
    )
  }
  election.worked()
  election.worked()
  assert.deepEqual(lines.at(-1), { atMs: 3_600_000, msg: 'the leader election works again', failures: 900 })
  assert.equal(lines.filter((one) => one.msg.includes('again')).length, 1)
  election.failed(new Error('no answer'))
  assert.equal(lines.at(-1)?.failures, 1, 'the next outage is told at once')
})

test('the election itself says that it works again', async (t) => {
  const { clock, lines, election } = given()
  const random = seededRandom(3)
  const server = await startEmbedded({ clock, random })
  let dark = false
  const refuse = (_write: string, { resource }: Call): void => {
    if (dark && resource.plural === leases.plural) throw new KubeError('NM_KUBE_NETWORK', 'no answer', { call: 'test' })
  }
  const own = connectTo({ server: server.url, token: () => server.token }, { clock, random })
  const stop = new AbortController()
  let leading = false
  const hold = holdLease({
    api: tap(own, { before: refuse }).api,
    clock,
    random,
    namespace: 'default',
    name: 'lease',
    identity: 'a',
    onLeading: () => {
      leading = true
    },
    onLost: () => undefined,
    onError: (error) => election.failed(error),
    onWorked: () => election.worked(),
    signal: stop.signal,
  })
  t.after(async () => {
    stop.abort()
    await hold.stopped
    own.close()
    await server.stop()
  })
  const until = async (done: () => boolean): Promise<void> => {
    for (let turn = 0; !done(); turn++) {
      assert.ok(turn < 2_000, JSON.stringify(lines))
      await new Promise((resolve) => setImmediate(resolve))
      if (turn % 20 === 19) await clock.advance(500)
    }
  }
  await until(() => leading)
  dark = true
  await until(() => lines.length > 0)
  dark = false
  await until(() => lines.some((one) => one.msg === 'the leader election works again'))
})
