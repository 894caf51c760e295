import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { Readable } from 'node:stream'
import { describe, it } from 'node:test'
import { SteppedClock, seededRandom } from '../../telemetry/clock.ts'
import { scanHost } from './scan.ts'

const root = join(import.meta.dirname, '..', '..', '..')

const parts = {
  clock: new SteppedClock(),
  random: seededRandom(1),
  stdin: Readable.from([]),
  signal: new AbortController().signal,
  programFile: join(root, 'src', 'cli', 'main.ts'),
}

function scan(host: string, kmsg = '/dev/kmsg') {
  return scanHost({ hostRoot: join(root, 'fixtures', 'hosts', host), kmsg }, parts)
}

describe('scan', async () => {
  it('finds nothing on a healthy machine, and no accelerator among its PCI devices', async () => {
    const got = await scan('healthy')
    assert.equal(got.healthy, true)
    assert.equal(got.records, 5)
    assert.deepEqual(got.accelerators, [])
    assert.deepEqual(
      got.conditions.map(({ status }) => status),
      ['True', 'True', 'True', 'True', 'True'],
    )
    assert.doesNotMatch(got.conditions[4]?.message ?? '', /Nvidia|Neuron/)
  })

  it('finds the lost GPU as one finding with companions, and lists the accelerators', async () => {
    const got = await scan('gpu-lost')
    assert.equal(got.healthy, false)
    const accelerated = got.conditions.find(({ type }) => type === 'AcceleratedHardwareReady')
    assert.deepEqual([accelerated?.status, accelerated?.reason], ['False', 'NvidiaXID79Error'])
    assert.doesNotMatch(accelerated?.message ?? '', /suggested repair/, 'the advice of the code is the only one')
    const gpu = got.findings.filter(({ reason }) => reason.startsWith('NvidiaX'))
    assert.deepEqual(
      gpu.map(({ reason, severity, device }) => [reason, severity, device]),
      [['NvidiaXID79Error', 'fatal', '0000:3b:00']],
    )
    assert.ok(gpu[0]?.companions.includes('NvidiaXID45Warning'), String(gpu[0]?.companions))
    assert.deepEqual(
      got.accelerators.map(({ address, kind, driver }) => [address, kind, driver]),
      [
        ['0000:3b:00.0', 'nvidia', 'nvidia'],
        ['0000:5e:00.0', 'nvidia', 'nvidia'],
      ],
    )
  })

  it('reports Unknown with the reason for an empty kernel log or one without records', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'nodemend-scan-'))
    t.after(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'empty'), '')
    const empty = await scanHost({ hostRoot: folder, kmsg: '/empty' }, parts)
    assert.match(empty.trouble ?? '', /empty has no kernel log records/)
    assert.equal(empty.conditions[0]?.status, 'Unknown')
    writeFileSync(join(folder, 'text'), 'root:x:0:0:root:/root:/bin/bash\n')
    const text = await scanHost({ hostRoot: folder, kmsg: '/text' }, parts)
    assert.match(text.trouble ?? '', /none of the 1 lines of .*text is a line of a kernel log/)
    assert.equal(text.healthy, false)
  })

  it('reads a saved kernel log in any framing, with its times, and leaves out what a process quotes', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'nodemend-scan-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const readOnly = 'EXT4-fs (sda1): Remounting filesystem read-only'
    const logs = {
      dmesg: `[    1.000000] Linux version 6.12\n[    2.000000] ${readOnly}\n`,
      syslog: `2026-11-24T08:15:20.5Z node1 kernel: [ 2.000000] ${readOnly}\n2026-11-24T08:15:21Z node1 sshd[7]: fine\n`,
      json: `${JSON.stringify({ _TRANSPORT: 'kernel', MESSAGE: readOnly })}\n`,
    }
    for (const [name, text] of Object.entries(logs)) {
      writeFileSync(join(folder, name), text)
      const got = await scanHost({ hostRoot: folder, kmsg: `/${name}` }, parts)
      assert.deepEqual(
        [got.trouble, got.findings[0]?.reason, got.healthy],
        [undefined, 'FilesystemReadOnly', false],
        name,
      )
      assert.equal(got.findings[0]?.trust, 'kernel')
      assert.equal(
        got.findings[0]?.lastAt,
        name === 'syslog' ? '2026-11-24T08:15:20Z' : undefined,
        'the log’s own time',
      )
    }
    const warning = 'watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [kworker/3:1:42]'
    writeFileSync(join(folder, 'old'), `Nov 28 03:12:44 gpu-7 kernel: ${warning}\n`)
    const old = await scanHost({ hostRoot: folder, kmsg: '/old' }, parts)
    assert.deepEqual(
      old.findings.map(({ reason }) => reason),
      ['SoftLockup'],
      'judged at the end of the log',
    )
    const piped = { ...parts, stdin: Readable.from([Buffer.from(logs.syslog)]) }
    assert.equal((await scanHost({ hostRoot: folder, kmsg: '-' }, piped)).findings.length, 1)
    writeFileSync(join(folder, 'quoted'), `[    1.000000] fine\nNov 24 08:15:20 node1 grep[7]: ${readOnly}\n`)
    const quoted = await scanHost({ hostRoot: folder, kmsg: '/quoted' }, parts)
    assert.deepEqual([quoted.trouble, quoted.findings, quoted.healthy], [undefined, [], true])
  })

  it('L11: reports lines from user space, and counts them only on request', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'nodemend-scan-'))
    t.after(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'kmsg'), '12,1,1,-;EXT4-fs (sda1): Remounting filesystem read-only\n')
    const got = await scanHost({ hostRoot: folder, kmsg: '/kmsg' }, parts)
    assert.deepEqual(
      got.findings.map(({ severity, trust }) => [severity, trust]),
      [['warning', 'userspace']],
    )
    const asked = await scanHost({ hostRoot: folder, kmsg: '/kmsg', acceptUserFacility: true }, parts)
    assert.deepEqual([asked.findings[0]?.severity, asked.healthy], ['fatal', false])
  })

  it('resolves a relative path from the working directory, as shells complete it', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'nodemend-scan-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'saved')
    writeFileSync(file, '3,1,1,-;EXT4-fs (sda1): Remounting filesystem read-only\n')
    const got = await scan('healthy', relative(process.cwd(), file))
    assert.deepEqual([got.records, got.findings[0]?.reason], [1, 'FilesystemReadOnly'])
    const none = await scan('healthy', 'none')
    assert.ok(none.trouble?.includes(join(process.cwd(), 'none')), 'names the path it tried')
  })

  it('says what is over its limit now, and is not healthy when it cannot read the kernel log', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'nodemend-scan-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const table = join(folder, 'proc/sys/net/netfilter')
    mkdirSync(table, { recursive: true })
    writeFileSync(join(table, 'nf_conntrack_count'), '976\n')
    writeFileSync(join(table, 'nf_conntrack_max'), '1000\n')
    const got = await scanHost({ hostRoot: folder }, parts)
    assert.equal(got.healthy, false)
    assert.deepEqual([...new Set(got.conditions.map(({ status }) => status))], ['Unknown'])
    assert.match(
      got.findings.map(({ reason, message }) => `${reason}: ${message}`).join('\n'),
      /ConntrackNearlyFull: 97\.6 %/,
    )
  })

  it('reads the log of a copied machine where it has it, and judges it at the time of the copy', async (t) => {
    for (const [path, text] of [
      [
        'var/log/kern.log',
        '2026-11-24T08:15:20.5Z node1 kernel: [ 2.0] EXT4-fs (sda1): Remounting filesystem read-only\n',
      ],
      ['dmesg', '[    2.000000] EXT4-fs (sda1): Remounting filesystem read-only\n'],
    ] as const) {
      const folder = mkdtempSync(join(tmpdir(), 'nodemend-scan-'))
      t.after(() => rmSync(folder, { recursive: true }))
      mkdirSync(join(folder, path, '..'), { recursive: true })
      writeFileSync(join(folder, path), text)
      const got = await scanHost({ hostRoot: folder }, parts)
      assert.deepEqual(
        [got.trouble, got.findings[0]?.reason, got.healthy],
        [undefined, 'FilesystemReadOnly', false],
        path,
      )
    }
  })

  it('reports Unknown with the reason when there is no kernel log', async () => {
    const got = await scan('healthy', '/dev/none')
    assert.match(got.trouble ?? '', /does not exist; mount the host/)
    assert.equal(got.conditions[0]?.status, 'Unknown')
  })
})
