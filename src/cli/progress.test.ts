import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SteppedClock, sleep } from '../telemetry/clock.ts'
import { withProgress } from './progress.ts'

function given(live: boolean) {
  const clock = new SteppedClock()
  const said: string[] = []
  return { clock, said, io: { clock, live, stderr: (text: string) => void said.push(text) } }
}

async function pass(clock: SteppedClock, work: Promise<unknown>, ms: number): Promise<void> {
  await clock.advance(ms)
  await work
}

test('what takes longer than a second is told, counted, and wiped away', async () => {
  const { clock, said, io } = given(true)
  const work = withProgress(io, 'asking the API server', () => sleep(clock, 2_500))
  await pass(clock, work, 2_500)
  assert.deepEqual(said, ['\r\x1b[Kasking the API server … 1 s', '\r\x1b[Kasking the API server … 2 s', '\r\x1b[K'])
})

test('what is quick is not told, nor what nobody looks at', async () => {
  for (const [live, ms] of [
    [true, 900],
    [false, 60_000],
  ] as const) {
    const { clock, said, io } = given(live)
    await pass(
      clock,
      withProgress(io, 'asking', () => sleep(clock, ms)),
      ms,
    )
    assert.deepEqual(said, [])
  }
})

test('an error passes, and the line is gone', async () => {
  const { clock, said, io } = given(true)
  const work = withProgress(io, 'asking', async () => {
    await sleep(clock, 1_500)
    throw new Error('no answer')
  })
  const refused = assert.rejects(work, /no answer/)
  await pass(clock, refused, 1_500)
  assert.equal(said.at(-1), '\r\x1b[K')
})
