/** Framed lines of the world: what was lost once, what must stay silent, and messages over several lines. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { peel } from '../../src/detect/sources/framing/peel.ts'
import { classify, matcher } from './read.ts'

const xid = 'NVRM: Xid (PCI:0000:3b:00): 79, pid=1234, name=python3, GPU has fallen off the bus.'
const reasons = (log: string): string[] => classify(log).map(({ match }) => match.reason)

interface Case {
  readonly line: string
  readonly text: string
  readonly writer?: string
  readonly host?: string
  readonly time?: string
  /** Absent where no rule of the catalogue has to know the message. */
  readonly reason?: string
}

const cases: readonly Case[] = [
  {
    line: '10.0.0.11: kern: warning: [2026-04-22T21:25:20.505406921Z]: NVRM: Xid (PCI:0000:48:00): 62, 00002740 00002b08 00001126',
    text: 'NVRM: Xid (PCI:0000:48:00): 62, 00002740 00002b08 00001126',
    host: '10.0.0.11',
    time: '2026-04-22T21:25:20.505Z',
    reason: 'NvidiaXID62Error',
  },
  {
    line: `Tue 2026-11-24 08:15:20 UTC node1 kernel: ${xid}`,
    text: xid,
    host: 'node1',
    time: '2026-11-24T08:15:20.000Z',
    reason: 'NvidiaXID79Error',
  },
  {
    line: '\x1b[32m[12345.678902] \x1b[0m\x1b[33mnvme nvme0: \x1b[0m\x1b[1mI/O 29 QID 1 timeout, aborting\x1b[0m',
    text: 'nvme nvme0: I/O 29 QID 1 timeout, aborting',
    reason: 'NvmeTimeout',
  },
  {
    line: '<3>1 2026-11-24T08:15:21.123456Z node1 kernel - - - nvidia-nvswitch1: SXid (PCI:0000:84:00.0): 20034, Fatal, Link 30 LTSSM Fault Up',
    text: 'nvidia-nvswitch1: SXid (PCI:0000:84:00.0): 20034, Fatal, Link 30 LTSSM Fault Up',
    host: 'node1',
    time: '2026-11-24T08:15:21.123Z',
    reason: 'NvidiaSXID20034Error',
  },
  {
    line: '> [Fri Aug 30 11:43:14 2024] NVRM: Xid (PCI:0000:cb:00): 109, pid=1797828, name=pt_main_thread, Ch 00000008, errorString CTX SWITCH TIMEOUT, Info 0x58005',
    text: 'NVRM: Xid (PCI:0000:cb:00): 109, pid=1797828, name=pt_main_thread, Ch 00000008, errorString CTX SWITCH TIMEOUT, Info 0x58005',
    time: '2024-08-30T11:43:14.000Z',
    reason: 'NvidiaXID109Error',
  },
  {
    line: '[Sun Jan 11 09:52:01 2026] NVRM: nvAssertOkFailedNoLog: Assertion failed: Reset required [NV_ERR_RESET_REQUIRED] (0x00000062) returned from status @ kernel_channel.c:2874',
    text: 'NVRM: nvAssertOkFailedNoLog: Assertion failed: Reset required [NV_ERR_RESET_REQUIRED] (0x00000062) returned from status @ kernel_channel.c:2874',
  },
  {
    line: 'Sep 21 09:59:59 host8 kernel: nvidia 0000:07:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x0003 address=0x80000040 flags=0x0020]',
    text: 'nvidia 0000:07:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x0003 address=0x80000040 flags=0x0020]',
    host: 'host8',
  },
  {
    line: 'kern  :err   : 2025-01-25T10:34:54,859532+00:00 nvidia-nvswitch1: SXid (PCI:0000:84:00.0): 12028, Data {0x000001c0, 0x00bd5c8a, 0x00000500}',
    text: 'nvidia-nvswitch1: SXid (PCI:0000:84:00.0): 12028, Data {0x000001c0, 0x00bd5c8a, 0x00000500}',
    time: '2025-01-25T10:34:54.859Z',
  },
  {
    line: '[Sun Nov 20 22:57:43 2016] sd 2:2:0:0: [sda] megasas: RESET cmd=28 retries=0',
    text: 'sd 2:2:0:0: [sda] megasas: RESET cmd=28 retries=0',
    time: '2016-11-20T22:57:43.000Z',
  },
  {
    line: '11월 16 04:38:20 host1 kernel: NVRM: Xid (PCI:0000:03:00): 62, pid=3119, 0cb5(2d50) 00000000 00000000',
    text: 'NVRM: Xid (PCI:0000:03:00): 62, pid=3119, 0cb5(2d50) 00000000 00000000',
    host: 'host1',
    reason: 'NvidiaXID62Error',
  },
]

for (const { line, text, host, time, reason } of cases) {
  test(`read as the kernel's: ${line.replace(/\p{Cc}/gu, '').slice(0, 60)}`, () => {
    const peeled = peel(line)
    assert.deepEqual([peeled.text, peeled.writer, peeled.host], [text, 'kernel', host])
    if (time !== undefined) assert.equal(new Date(peeled.stamp?.ms ?? 0).toISOString(), time)
    if (reason !== undefined) assert.deepEqual(reasons(line), [reason])
  })
}

test('an unknown prefix is said to be one', () => {
  assert.deepEqual(
    classify(`rack 12, node 4 says ${xid}`).map(({ frame, text }) => [frame, text]),
    [['unknown', xid]],
  )
})

const silent: readonly string[] = [
  'I saw an Xid 79 yesterday, and NVRM: Xid lines before that.',
  'if (strstr(line, "NVRM: Xid (PCI:")) report(line);',
  '  printk(KERN_ERR "mlx5_core %s: device health compromised\\n", name);',
  'root@node1:~# dmesg | grep -i "fallen off the bus"',
  `$ grep '${xid}' /var/log/messages`,
  `root@node1:~# echo "${xid}" > /dev/kmsg`,
  `audit: type=1400 audit(1700000000.123:45): apparmor="DENIED" name="${xid}"`,
  `[   12.345678] audit: type=1400 audit(1700000000.123:45): comm="x" msg='${xid}'`,
  `[   12.345678] myapp[77]: ${xid}`,
  `Nov 24 08:15:20 node1 myapp: ${xid}`,
  `Nov 24 08:15:20 node1 dockerd[812]: time="2026-11-24T08:15:20Z" level=error msg="${xid}"`,
  `E1124 08:15:20.123456   4242 watcher.go:12] ${xid}`,
  `{"SYSLOG_IDENTIFIER":"myapp","MESSAGE":"[12345.678901] ${xid}"}`,
  `<14>1 2026-11-24T08:15:21Z node1 myapp 77 - - ${xid}`,
  `2026-11-24T08:15:20Z {unit="myapp.service"} ${xid}`,
]

test('prose, source code, shell commands and processes mean nothing', () => {
  for (const line of silent) assert.deepEqual(reasons(line), [], line)
})

test('the lines of real logs mean what their texts mean, no more and no less', () => {
  const folder = join(import.meta.dirname, '..', '..', 'fixtures', 'kernel-logs')
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.log'))) {
    const log = readFileSync(join(folder, file), 'utf8')
    const alone = log.split('\n').flatMap((line) => {
      const { text, writer } = peel(line)
      return writer === 'process' ? [] : matcher.matchText(text).map(({ rule, device }) => `${rule} ${device}`)
    })
    const read = classify(log).map(({ match }) => `${match.rule} ${match.device}`)
    assert.deepEqual(read, alone, file)
  }
})

test('a message over several lines is put together', () => {
  const fatal = 'pcieport 0000:16:01.0: AER: Uncorrectable (Fatal) error message received from 0000:17:00.0'
  const want = matcher.matchText(fatal).map(({ rule }) => rule)
  for (const at of [24, 44, 60]) {
    const log = `[12345.678901] ${fatal.slice(0, at)}\n${fatal.slice(at)}\n[12345.700000] next`
    assert.deepEqual(
      classify(log).map(({ match }) => match.rule),
      want,
      log,
    )
  }
  const gpu = [
    'Nov 24 08:15:20 node1 kernel: NVRM: The NVIDIA GPU 0000:b3:00.0',
    '                              NVRM: (PCI ID: 10de:26b5) installed in this system has',
    '                              NVRM: fallen off the bus and is not responding to commands.',
  ]
  assert.ok(reasons(gpu.join('\n')).length > 0)
})

test('what a process wrote goes on in the lines indented under it', () => {
  assert.deepEqual(reasons(`Nov 24 08:15:20 node1 myapp[77]: the log says\n                                ${xid}`), [])
})

test('hostile lines are read in linear time', () => {
  const parts = [
    '[',
    '{',
    '"',
    "'",
    ' ',
    ':',
    '12:',
    '[1] ',
    'a[1]: ',
    '&lt;',
    '\x1b[',
    '08:15:20 ',
    'kernel',
    '| ',
    ',"',
    '\\"',
    'a=',
    '- ',
    '11월 ',
    '{"a":',
  ]
  for (const part of parts) {
    for (const tail of ['', xid]) {
      const line = part.repeat(Math.ceil(60_000 / part.length)) + tail
      const started = performance.now()
      classify(line)
      assert.ok(performance.now() - started < 1_500, `${JSON.stringify(part)} takes ${performance.now() - started} ms`)
    }
  }
})
