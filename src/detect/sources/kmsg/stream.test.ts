import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SteppedClock, seededRandom } from '../../../telemetry/clock.ts'
import { longestPauseMs, shortestPauseMs, silenceMs } from './pace.ts'
import { type Batch, batchRecords, KmsgStream } from './stream.ts'
import { ScriptedLog, textOf } from './testing/scripted-log.ts'

function reading(log: ScriptedLog, from?: number) {
  const clock = new SteppedClock()
  const lines: string[] = []
  const batches: Batch[] = []
  const broken: string[] = []
  const source = new KmsgStream({
    open: () => log.open(),
    ...(from !== undefined && { from }),
    clock,
    random: seededRandom(1),
    sink: {
      record: (bytes, record) => lines.push(textOf(bytes, record)),
      batch: (batch) => batches.push(batch),
      broke: (error) => broken.push(error.message),
    },
  })
  return { clock, lines, batches, broken, source }
}

const total = (batches: readonly Batch[], field: 'lost' | 'skipped' | 'records') =>
  batches.reduce((sum, batch) => sum + batch[field], 0)

describe('the kernel log as a source', () => {
  it('reads the whole ring first when there is no cursor', () => {
    const log = new ScriptedLog()
    for (const text of ['one', 'two', 'three']) log.write(text)
    const { source, lines, batches } = reading(log)
    source.start()
    assert.deepEqual(lines, ['one', 'two', 'three'])
    assert.deepEqual(batches, [
      { records: 3, plain: 0, lost: 0, skipped: 0, restarted: false, position: 3, atEnd: true },
    ])
    source.stop()
  })

  it('resumes after its cursor', () => {
    const log = new ScriptedLog()
    for (const text of ['one', 'two', 'three']) log.write(text)
    const { source, lines } = reading(log, 2)
    source.start()
    assert.deepEqual(lines, ['three'])
    source.stop()
  })

  it('ignores a cursor that the log has not reached', async () => {
    const log = new ScriptedLog()
    for (const text of ['one', 'two']) log.write(text)
    const { source, lines, clock } = reading(log, 900)
    source.start()
    await clock.advance(1)
    assert.deepEqual(lines, ['one', 'two'])
    source.stop()
  })

  it('counts the records the ring lost while reading and while the agent was down', async () => {
    const log = new ScriptedLog()
    for (let n = 0; n < 10; n++) log.write(`${n}`)
    log.overwrite(4)
    const { source, lines, batches, clock } = reading(log, 2)
    source.start()
    assert.deepEqual(lines, ['6', '7', '8', '9'])
    assert.equal(total(batches, 'lost'), 4)
    for (let n = 10; n < 20; n++) log.write(`${n}`)
    log.overwrite(3)
    await clock.advance(longestPauseMs)
    assert.deepEqual(lines.slice(4), ['17', '18', '19'])
    assert.equal(total(batches, 'lost'), 11)
    source.stop()
  })

  it('drains at once after silence, then in batches while lines keep coming', async () => {
    const log = new ScriptedLog()
    const { source, lines, clock } = reading(log)
    source.start()
    log.write('first')
    await clock.advance(0)
    assert.deepEqual(lines, ['first'])
    const before = log.counts.reads
    for (let n = 0; n < 100; n++) {
      log.write('more')
      await clock.advance(10)
    }
    await clock.advance(longestPauseMs)
    assert.equal(lines.length, 101)
    const turns = log.counts.reads - before - 100 // each turn ends with one empty read
    assert.ok(turns <= 12, `${turns} turns in a second of steady lines`)
    source.stop()
  })

  it('drains in batches between bursts, and at once after a silence', async () => {
    const log = new ScriptedLog()
    const { source, lines, clock } = reading(log)
    source.start()
    for (let n = 0; n < 10; n++) {
      log.write('burst')
      await clock.advance(100)
    }
    const before = log.counts.reads
    for (let n = 0; n < 20; n++) {
      log.write('burst')
      await clock.advance(100)
    }
    const turns = log.counts.reads - before - 20
    assert.ok(turns <= 12, `${turns} turns in two seconds of ten bursts each`)
    await clock.advance(longestPauseMs + 2 * silenceMs)
    log.write('after silence')
    await clock.advance(0)
    log.write('and another')
    await clock.advance(shortestPauseMs)
    assert.deepEqual(lines.slice(-2), ['after silence', 'and another'])
    source.stop()
  })

  it('reads a flood in turns without a pause', async () => {
    const log = new ScriptedLog()
    for (let n = 0; n < 3 * batchRecords; n++) log.write(`${n}`)
    const { source, lines, clock } = reading(log)
    source.start()
    assert.equal(lines.length, batchRecords)
    await clock.advance(1)
    assert.equal(lines.length, 3 * batchRecords)
    source.stop()
  })

  it('reopens a broken log and misses no record', async () => {
    const log = new ScriptedLog()
    log.write('before')
    const { source, lines, broken, clock } = reading(log)
    source.start()
    await clock.advance(1000)
    log.break(new Error('EIO'))
    await clock.advance(0)
    assert.equal(source.reading, false)
    log.write('meanwhile')
    await clock.advance(2000)
    assert.deepEqual(lines, ['before', 'meanwhile'])
    assert.deepEqual(broken, ['EIO'])
    assert.equal(source.reading, true)
    source.stop()
    assert.equal(clock.waiting, 0)
  })
})
