import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ratesBetween, readEffort, readMemory } from './process-figures.ts'

test('memory is kB / 1000 out of smaps_rollup', (t) => {
  const proc = fakeProc(t)
  assert.deepEqual(readMemory(42, proc), { rssMB: 42.3, anonMB: 8.2, threads: 2 })
})

test('effort is the sum over all threads', (t) => {
  const proc = fakeProc(t)
  assert.deepEqual(readEffort(42, proc), { cpuUs: 3_500, sleeps: 15 })
})

test('rates are per second', () => {
  const rates = ratesBetween({ cpuUs: 1_000, sleeps: 10 }, { cpuUs: 31_000, sleeps: 310 }, 60_000)
  assert.deepEqual(rates, { milliCpu: 0.5, wakeupsPerSecond: 5 })
})

test('a process that has ended is named', (t) => {
  const proc = fakeProc(t)
  assert.throws(() => readMemory(43, proc), /NM_BENCH_ENDED: process 43/)
  assert.throws(() => readEffort(43, proc), /NM_BENCH_ENDED: process 43/)
})

test('this very process can be read', { skip: process.platform !== 'linux' && 'needs Linux' }, () => {
  assert.ok(readMemory(process.pid).rssMB > 10)
  assert.ok(readEffort(process.pid).cpuUs > 0)
})

function fakeProc(t: TestContext): string {
  const proc = mkdtempSync(join(tmpdir(), 'nodemend-proc-'))
  t.after(() => rmSync(proc, { recursive: true }))
  const add = (file: string, text: string): void => writeFileSync(join(proc, '42', file), text)
  for (const task of ['42', '43']) mkdirSync(join(proc, '42', 'task', task), { recursive: true })
  add('smaps_rollup', '5613-7fff ---p 00000000 00:00 0  [rollup]\nRss:   42310 kB\nAnonymous:    8196 kB\n')
  add('status', 'Name:\tnode\nVmRSS:\t 1 kB\nThreads:\t2\n')
  add('task/42/schedstat', '3000000 77 9\n')
  add('task/43/schedstat', '500000 7 1\n')
  add('task/42/status', 'nonvoluntary_ctxt_switches:\t9\nvoluntary_ctxt_switches:\t12\n')
  add('task/43/status', 'voluntary_ctxt_switches:\t3\n')
  return proc
}
