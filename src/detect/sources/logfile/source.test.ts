import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, it, type TestContext } from 'node:test'
import * as fc from 'fast-check'
import { SteppedClock } from '../../../telemetry/clock.ts'
import { openHost } from '../../host/host.ts'
import type { Cursors } from '../../ledger/state-file.ts'
import { createSteadyTime } from '../../ledger/steady-time.ts'
import { Rounds } from '../../monitors/rounds.ts'
import type { LogBatch, LogSink } from '../log-source.ts'
import { logFileSource } from './source.ts'

const pattern = '/var/log/agent.log'

function machine(t: Pick<TestContext, 'after'>) {
  const root = mkdtempSync(join(tmpdir(), 'nodemend-logfile-'))
  t.after(() => rmSync(root, { recursive: true }))
  mkdirSync(join(root, 'var/log'), { recursive: true })
  const at = (path: string): string => join(root, path)
  return { root, at, file: at(pattern) }
}

const open: { stop(): void }[] = []
afterEach(() => {
  for (const source of open.splice(0)) source.stop()
})

/** A reader of the machine's files; `turn` looks once and returns the new lines. */
function reader(root: string, cursors: Cursors = {}, files: readonly string[] = [pattern], host = openHost(root)) {
  const clock = new SteppedClock()
  const time = createSteadyTime(clock, () => clock.monotonic(), 'boot', undefined)
  const rounds = new Rounds(clock, () => 0)
  const source = logFileSource({ host, clock, rounds, time, cursors, files: () => files })
  open.push(source)
  let lines: string[] = []
  const batches: LogBatch[] = []
  const told: string[] = []
  const sink: LogSink = {
    line: ({ bytes, start, end, trust, origins = [], at }) => {
      lines.push(Buffer.from(bytes.subarray(start, end)).toString())
      told.push(`${trust} ${origins.join(' ')} ${at()}`)
    },
    batch: (batch) => batches.push(batch),
    broke: (why) => told.push(`broke: ${why}`),
    absentLog: (why) => told.push(`absent: ${why}`),
  }
  return {
    clock,
    told,
    source,
    batches,
    async turn(): Promise<readonly string[]> {
      lines = []
      await source.check(sink)
      return lines
    },
    cursors: (): Cursors => ({ logfile: batches.at(-1)?.cursor?.position ?? '' }),
  }
}

describe('a log file', () => {
  it('is read from its start, then line by line; a torn line waits for its end', async (t) => {
    const { root, file } = machine(t)
    writeFileSync(file, 'one\ntwo\nthr')
    const { turn } = reader(root)
    assert.deepEqual(await turn(), ['one', 'two'])
    appendFileSync(file, 'ee\n')
    assert.deepEqual(await turn(), ['three'])
    assert.deepEqual(await turn(), [])
  })

  it('is followed over a rename: the unread tail of the old file first, its torn line too', async (t) => {
    const { root, file } = machine(t)
    writeFileSync(file, 'one\n')
    const { turn } = reader(root)
    await turn()
    appendFileSync(file, 'two\nthree')
    renameSync(file, `${file}.1`)
    writeFileSync(file, 'four\n')
    assert.deepEqual(await turn(), ['two', 'three', 'four'])
  })

  it('is followed over a deletion, whenever the next file comes', async (t) => {
    const { root, file } = machine(t)
    writeFileSync(file, 'one\n')
    const { turn } = reader(root)
    await turn()
    appendFileSync(file, 'two\n')
    rmSync(file)
    assert.deepEqual(await turn(), ['two'])
    for (let n = 0; n < 12; n++) assert.deepEqual(await turn(), [])
    writeFileSync(file, 'three\n')
    assert.deepEqual(await turn(), ['three'])
  })

  it('is followed over a truncation, also when it has grown past the old end again', async (t) => {
    const { root, file } = machine(t)
    writeFileSync(file, 'one\ntwo\n')
    const { turn } = reader(root)
    await turn()
    truncateSync(file)
    appendFileSync(file, '3\n')
    assert.deepEqual(await turn(), ['3'])
    truncateSync(file)
    appendFileSync(file, 'four\nfive\nsix\n')
    assert.deepEqual(await turn(), ['four', 'five', 'six'])
  })

  it('goes on where an earlier process stopped, in the middle of a line and after a rotation', async (t) => {
    const { root, file } = machine(t)
    writeFileSync(file, 'one\ntw')
    const first = reader(root)
    await first.turn()
    appendFileSync(file, 'o\n')
    const second = reader(root, first.cursors())
    assert.deepEqual(await second.turn(), ['two'])
    appendFileSync(file, 'three\n')
    renameSync(file, join(root, 'var/log/agent-20261124.log'))
    writeFileSync(file, 'four\n')
    assert.deepEqual(await reader(root, second.cursors()).turn(), ['three', 'four'])
    rmSync(join(root, 'var/log/agent-20261124.log'))
    assert.deepEqual(await reader(root, second.cursors()).turn(), ['four'])
  })

  it('that is long is read from its last megabyte, by whole lines, and one that was met before wholly', async (t) => {
    const { root, file } = machine(t)
    writeFileSync(file, `${'x'.repeat(1023)}\n`.repeat(3000))
    const first = reader(root)
    assert.equal((await first.turn()).length, 1023)
    appendFileSync(file, `${'y'.repeat(1023)}\n`.repeat(6000))
    const second = reader(root, first.cursors())
    const lines = [...(await second.turn())]
    assert.equal(second.batches.at(-1)?.atEnd, false)
    lines.push(...(await second.turn()))
    assert.equal(lines.length, 6000)
  })

  it('leaves out a line that is too long, and no other', async (t) => {
    const { root, file } = machine(t)
    writeFileSync(file, `one\n${'x'.repeat(200_000)}\ntwo\n`)
    assert.deepEqual(await reader(root).turn(), ['one', 'two'])
  })

  it('hands over lines with their time, the files that rules name, and who vouches for them', async (t) => {
    const { root, at } = machine(t)
    const folder = at('/var/log/pods/kube-system_kube-proxy-x_1/kube-proxy')
    mkdirSync(folder, { recursive: true })
    const wanted = '/var/log/pods/*_kube-proxy-*_*/kube-proxy/*.log'
    const { turn, told, clock } = reader(root, {}, [wanted])
    const stamp = new Date(clock.now() + 1_000).toISOString()
    writeFileSync(join(folder, '0.log'), `${stamp} stderr F E1124 bad\n`, { mode: 0o644 })
    await clock.advance(5_000)
    assert.deepEqual(await turn(), ['E1124 bad'])
    const own = process.getuid?.() === 0 ? 'service' : 'userspace'
    assert.deepEqual(told, [`${own} ${wanted} ${clock.now() - 4_000}`])
  })

  it('that anybody can write vouches for nothing', async (t) => {
    const { root, file } = machine(t)
    writeFileSync(file, 'one\n')
    const { chmodSync } = await import('node:fs')
    chmodSync(file, 0o666)
    const { turn, told } = reader(root)
    await turn()
    assert.match(told[0] ?? '', /^userspace /)
  })

  it('tells nothing of the boot before', async (t) => {
    const { root, file } = machine(t)
    const { turn, clock } = reader(root)
    const ago = (ms: number): string => new Date(clock.now() - ms).toISOString()
    writeFileSync(file, `{"ts":"${ago(60_000)}","msg":"old"}\n{"ts":"${ago(0)}","msg":"new"}\n`)
    assert.equal((await turn()).length, 1)
  })

  it('that is absent is no fault; one that cannot be read is, until it can be', async (t) => {
    const { root, file } = machine(t)
    const { turn, told } = reader(root)
    await turn()
    mkdirSync(file) // a folder is no log
    await turn()
    assert.deepEqual(told, ['absent: this machine has none of the log files that rules name'])
    rmSync(file, { recursive: true })
    writeFileSync(file, 'one\n')
    const host = { ...openHost(root), path: () => '/proc/self/mem' } // its first page answers EIO
    const sick = reader(root, {}, [pattern], host)
    await sick.turn()
    assert.match(sick.batches.at(-1)?.trouble ?? '', /^\/var\/log\/agent\.log cannot be read: EIO/)
    assert.equal(sick.batches.at(-1)?.atEnd, true)
  })

  it('loses no line and repeats none, however it is written, rotated and read', async (t) => {
    const { root, file } = machine(t)
    let round = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('write', 'torn', 'rename', 'restart', 'turn', 'turn'), { maxLength: 40 }),
        async (steps) => {
          const name = `/var/log/agent${round++}.log`
          const own = join(root, name)
          writeFileSync(own, '')
          const expected: string[] = []
          const seen: string[] = []
          let one = reader(root, {}, [name])
          let [n, torn, moved] = [0, '', 0]
          const take = async (): Promise<void> => void seen.push(...(await one.turn()))
          await take()
          for (const step of steps) {
            if (step === 'turn') await take()
            else if (step === 'restart') {
              one.source.stop()
              one = reader(root, one.cursors(), [name])
              await take()
            } else if (step === 'rename') {
              if (torn !== '') expected.push(torn)
              torn = ''
              renameSync(own, `${own}.${moved++}`)
              writeFileSync(own, '')
              await take()
            } else {
              torn += `line ${n++}`
              appendFileSync(own, `${torn.slice(torn.lastIndexOf('line'))}${step === 'torn' ? '' : '\n'}`)
              if (step === 'write') expected.push(torn)
              if (step === 'write') torn = ''
            }
          }
          await take()
          one.source.stop()
          assert.deepEqual(seen, expected)
        },
      ),
      { numRuns: 40 },
    )
    assert.ok(file)
  })
})
