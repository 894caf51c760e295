import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { SteppedClock } from '../../../telemetry/clock.ts'
import { openHost } from '../../host/host.ts'
import { ScriptedChildren } from '../../host/testing/scripted-children.ts'
import type { Cursors } from '../../ledger/state-file.ts'
import { createSteadyTime } from '../../ledger/steady-time.ts'
import type { LogBatch, LogSink } from '../log-source.ts'
import { journalSource, quietMs } from './source.ts'

const boot = '0a1b2c3d4e5f60718293a4b5c6d7e8f9'

/** One entry as `journalctl --output=json` writes it. */
function entry(n: number, message: unknown, fields: object = {}): string {
  const cursor = `s=7a;i=${n.toString(16)};b=${boot};m=1;t=2;x=3`
  const own = { __CURSOR: cursor, __MONOTONIC_TIMESTAMP: String(n * 1000), _BOOT_ID: boot, MESSAGE: message }
  return `${JSON.stringify({ ...own, _TRANSPORT: 'stdout', _SYSTEMD_UNIT: 'kubelet.service', _PID: '812', ...fields })}\n`
}

interface Given {
  readonly cursors?: Cursors
  readonly there?: boolean
  readonly ofKernel?: boolean
}

function journal(t: TestContext, { cursors = {}, there = true, ofKernel = false }: Given = {}) {
  const root = mkdtempSync(join(tmpdir(), 'nodemend-journal-'))
  t.after(() => rmSync(root, { recursive: true }))
  mkdirSync(join(root, 'proc/sys/kernel/random'), { recursive: true })
  writeFileSync(
    join(root, 'proc/sys/kernel/random/boot_id'),
    `${boot.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}\n`,
  )
  if (there) mkdirSync(join(root, 'var/log/journal/machine'), { recursive: true })
  const clock = new SteppedClock()
  const children = new ScriptedChildren()
  const time = createSteadyTime(clock, () => clock.monotonic(), 'boot', undefined)
  const units = () => [['kubelet.service'], ['containerd.service', 'kubelet.service']]
  const host = openHost(root)
  const source = journalSource({
    host,
    children,
    clock,
    random: () => 0,
    time,
    cursors,
    units: ofKernel ? 'kernel' : units,
  })
  const lines: string[] = []
  const batches: LogBatch[] = []
  const troubles: string[] = []
  const sink: LogSink = {
    line: ({ bytes, start, end, origins = [], trust, position }) =>
      lines.push([position, trust, origins[0], Buffer.from(bytes.subarray(start, end)).toString()].join(' ')),
    batch: (batch) => batches.push(batch),
    broke: (why) => troubles.push(`broke: ${why}`),
    absentLog: (why) => troubles.push(`absent: ${why}`),
  }
  t.after(() => source.stop())
  return { source, sink, clock, children, lines, batches, troubles }
}

describe('the journal', () => {
  it('is followed from the start of this boot, for the units in rules, by whole lines', async (t) => {
    const { source, sink, children, lines, batches, clock } = journal(t)
    source.start(sink)
    assert.match(
      children.started[0] ?? '',
      /^journalctl --output=json .*_SYSTEMD_UNIT=kubelet.service \+ _PID=1 UNIT=kubelet.service \+ .*_SYSTEMD_UNIT=containerd.service \+ _PID=1 UNIT=containerd.service \+ .* --follow --quiet --boot --lines=all$/,
    )
    const text = entry(17, 'one') + entry(18, 'two')
    children.write(text.slice(0, 300))
    children.write(text.slice(300))
    assert.deepEqual(lines, ['11 service kubelet.service one', '12 service kubelet.service two'])
    assert.equal(batches.at(-1)?.atEnd, false)
    await clock.advance(quietMs)
    assert.equal(batches.at(-1)?.atEnd, true)
    assert.match(String(batches.at(-1)?.cursor?.position), /i=12;/)
  })

  it('assigns a line to the unit journald attests, and systemd’s own to the unit it is about', async (t) => {
    const { source, sink, children, lines } = journal(t)
    source.start(sink)
    children.write(
      entry(1, 'forged', { SYSLOG_IDENTIFIER: 'kubelet', UNIT: 'kubelet.service', _SYSTEMD_UNIT: 'cron.service' }),
    )
    children.write(entry(2, 'Failed with result', { _PID: '1', UNIT: 'kubelet.service', _SYSTEMD_UNIT: 'init.scope' }))
    children.write(entry(3, [0x68, 0x69, 0xff]))
    children.write(entry(4, 'a kernel line', { _TRANSPORT: 'kernel', _SYSTEMD_UNIT: undefined }))
    children.write(entry(5, 'of another boot', { _BOOT_ID: 'f'.repeat(32) }))
    children.write(entry(6, null))
    children.write('{"torn":\nnot json\n')
    assert.deepEqual(lines, [
      '1 service cron.service forged',
      '2 service kubelet.service Failed with result',
      '3 service kubelet.service hi\ufffd',
    ])
  })

  it('takes units in which a distribution runs kubelet or the runtime for those that rules name', async (t) => {
    const { source, sink, children, lines } = journal(t)
    source.start(sink)
    assert.match(children.started[0] ?? '', / _SYSTEMD_UNIT=k3s-agent.service \+ _PID=1 UNIT=k3s-agent.service \+ /)
    children.write(entry(1, 'of kubelet in k3s', { _SYSTEMD_UNIT: 'k3s-agent.service' }))
    assert.deepEqual(lines, ['1 service kubelet.service of kubelet in k3s'])
  })

  it('reports when the reader ends, and resumes after its cursor', async (t) => {
    const { source, sink, children, troubles, clock } = journal(t, { cursors: { journal: 's=7a;i=4' } })
    source.start(sink)
    assert.match(children.started[0] ?? '', /--after-cursor=s=7a;i=4$/)
    children.write(entry(9, 'nine'))
    children.end('journalctl --follow ended with status 1: Data corrupted')
    assert.deepEqual(troubles, ['broke: journalctl --follow ended with status 1: Data corrupted'])
    await clock.advance(1_000)
    assert.match(children.started[1] ?? '', /--after-cursor=s=7a;i=9;/)
    assert.equal(children.running, 1)
  })

  it('is absent when the machine keeps none, and is looked for again', async (t) => {
    const { source, sink, children, troubles, clock } = journal(t, { there: false })
    source.start(sink)
    assert.deepEqual([children.started, troubles], [[], ['absent: this machine keeps no journal']])
    await clock.advance(10 * 60_000)
    assert.equal(troubles.length, 2)
  })

  it('is read once by a check', async (t) => {
    const { source, sink, children, lines, batches } = journal(t)
    children.answers.set('journalctl', { kind: 'ended', status: 0, output: entry(1, 'one'), errors: '' })
    await source.check(sink)
    assert.deepEqual(lines, ['1 service kubelet.service one'])
    assert.equal(batches.at(-1)?.atEnd, true)
  })

  it('holds the kernel’s lines, where they are asked for, with the kernel’s own stamps', async (t) => {
    const { source, sink, children, lines, batches } = journal(t, { ofKernel: true, cursors: { journal: 's=1;i=1' } })
    source.start(sink)
    assert.match(
      children.started[0] ?? '',
      /^journalctl --output=json .* _TRANSPORT=kernel --follow --quiet --boot --lines=all$/,
    )
    const kernel = { _TRANSPORT: 'kernel', _SYSTEMD_UNIT: undefined, _PID: undefined }
    const own = { ...kernel, SYSLOG_FACILITY: '0', SYSLOG_IDENTIFIER: 'kernel', _SOURCE_MONOTONIC_TIMESTAMP: '41000' }
    children.write(entry(1, 'EXT4-fs error (device sda1): bad', own))
    assert.deepEqual(lines, ['1 kernel  EXT4-fs error (device sda1): bad'])
    assert.equal(batches.at(-1)?.cursor?.source, 'kernel-journal')
    children.write(entry(2, 'a line of a unit'))
    assert.equal(lines.length, 1)
  })

  it('gives a line that a program wrote to /dev/kmsg its first word back, and does not take it for the kernel’s', async (t) => {
    const { source, sink, children, lines } = journal(t, { ofKernel: true })
    source.start(sink)
    const written = { _TRANSPORT: 'kernel', SYSLOG_FACILITY: '1', _SYSTEMD_UNIT: undefined, _PID: undefined }
    children.write(entry(1, 'Xid (PCI:0000:00:00): 31, GPU termination', { ...written, SYSLOG_IDENTIFIER: 'NVRM' }))
    children.write(entry(2, 'hello', { ...written, SYSLOG_IDENTIFIER: 'tool', SYSLOG_PID: '7' }))
    children.write(entry(3, 'no name', written))
    assert.deepEqual(lines, [
      '1 userspace  NVRM: Xid (PCI:0000:00:00): 31, GPU termination',
      '2 userspace  tool[7]: hello',
      '3 userspace  no name',
    ])
  })

  it('keeps the stamps of the kernel: a line waits in the ring until journald starts', async (t) => {
    const { source, children } = journal(t, { ofKernel: true })
    const stamps: number[] = []
    const ignore = () => undefined
    source.start({ line: (line) => stamps.push(line.at()), batch: ignore, broke: ignore, absentLog: ignore })
    const kernel = { _TRANSPORT: 'kernel', SYSLOG_FACILITY: '0' }
    children.write(entry(5_000, 'late', { ...kernel, _SOURCE_MONOTONIC_TIMESTAMP: '41000' }))
    children.write(entry(5_000, 'unstamped', kernel))
    assert.equal((stamps[1] ?? 0) - (stamps[0] ?? 0), 4_959)
  })

  it('of the kernel is never absent: without it nobody reads the kernel log', async (t) => {
    const { source, sink, children, troubles } = journal(t, { ofKernel: true })
    source.start(sink)
    children.end('journalctl --dmesg --follow', true)
    const { source: second, sink: other, troubles: more } = journal(t, { ofKernel: true, there: false })
    await second.check(other)
    assert.deepEqual(
      [...troubles, ...more],
      [
        'broke: The kernel log cannot be read: /dev/kmsg is refused, and this machine has no journalctl; run privileged',
        'broke: The kernel log cannot be read: /dev/kmsg is refused, and this machine keeps no journal; run privileged',
      ],
    )
  })
})
