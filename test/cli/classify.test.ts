import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { run } from '../../src/cli/run.ts'
import { testIo } from './io.ts'

const xid = 'NVRM: Xid (PCI:0000:3B:00): 79, pid=1, name=python, GPU has fallen off the bus.'

test('classify --output jsonl: one object per input line, in order', async () => {
  const io = testIo(`3,1,1,-;${xid}\nnothing\n[   12.345678] Out of memory: Killed process 1234 (java) total-vm:1kB\n`)
  assert.equal(await run(['classify', '-', '--output', 'jsonl'], io), 0)
  const lines = io.printed.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly line: number; readonly matches: readonly Record<string, unknown>[] })
  assert.deepEqual(
    lines.map(({ line, matches }) => [line, matches.length]),
    [
      [1, 1],
      [2, 0],
      [3, 1],
    ],
  )
  const { message, ...match } = lines[0]?.matches[0] ?? {}
  assert.match(String(message), /Xid 79/)
  assert.deepEqual(match, {
    family: 'xid',
    code: 79,
    device: '0000:3b:00',
    reason: 'NvidiaXID79Error',
    condition: 'AcceleratedHardwareReady',
    severity: 'fatal',
    scope: 'hardware',
  })
})

test('classify: a process that quotes the kernel means nothing', async () => {
  const io = testIo(`Feb 23 16:24:18 node1 sudo[77]: ${xid}\n`)
  assert.equal(await run(['classify', '-o', 'jsonl'], io), 0)
  assert.equal(io.printed.out, '{"line":1,"matches":[]}\n')
})

test('classify: the table marks what is over', async () => {
  const io = testIo('nfs: server nas not responding, still trying\nnfs: server nas OK\n')
  assert.equal(await run(['classify'], io), 0)
  const severities = io.printed.out.split('\n').map((line) => line.split('\t')[1])
  assert.deepEqual(severities.slice(0, 3), ['SEVERITY', 'warning', 'over'])
})

test('classify: a line that is cut is said to be', async () => {
  const io = testIo(`${'x'.repeat(1_100_000)}\nshort\n`)
  assert.equal(await run(['classify'], io), 0)
  assert.match(io.printed.err, /^nodemend: line 1 is longer than 1048576 bytes/)
})

test('classify: a missing file and a folder are named, with exit code 2', async () => {
  for (const file of ['/nowhere.log', '/tmp']) {
    const io = testIo()
    assert.equal(await run(['classify', file], io), 2)
    assert.match(io.printed.err, new RegExp(`cannot read ${file}: .*NM_CLI_READ`))
  }
})

test('classify: what is no text is refused with the command that makes text of it', async () => {
  const cases: readonly (readonly [input: Uint8Array, expected: RegExp])[] = [
    [gzipSync(xid), /standard input: it is compressed with gzip; write: zcat \| nodemend classify -/],
    [Buffer.from(`\ufeff${xid}`, 'utf16le'), /it is UTF-16; write: iconv -f utf-16 -t utf-8 \|/],
    [Buffer.from('LPKSHHRH'), /a journal of systemd; write: journalctl -k --file \|/],
  ]
  for (const [input, expected] of cases) {
    const io = testIo('', { stdin: chunksOf(input) })
    assert.equal(await run(['classify'], io), 2)
    assert.match(io.printed.err, expected)
    assert.equal(io.printed.out, '')
  }
})

test('classify: a byte order mark, odd line ends and an empty log are no trouble', async () => {
  const io = testIo(`\ufeff[    1.000000] ${xid}\r\r\n[    2.000000] ${xid}\r\n`)
  assert.equal(await run(['classify'], io), 0)
  assert.match(io.printed.err, /^nodemend: 2 of 2 lines mean something/)
  const empty = testIo('')
  assert.equal(await run(['classify'], empty), 0)
  assert.match(empty.printed.err, /^nodemend: the log is empty/)
})

test('classify: a text without a line of the kernel says so; a quiet kernel log does not', async () => {
  const prose = testIo('Dear sir,\nthe node is slow.\n')
  assert.equal(await run(['classify'], prose), 0)
  assert.match(prose.printed.err, /^nodemend: no line is marked as one of the kernel; dmesg and journalctl/m)
  const quiet = testIo('[    1.000000] usb 1-1: new high-speed USB device number 2 using xhci_hcd\n')
  assert.equal(await run(['classify'], quiet), 0)
  assert.equal(quiet.printed.err, 'nodemend: 0 of 1 lines mean something\n')
})

test('classify: what a log holds does not reach the terminal as commands, nor by the kilobyte', async () => {
  const io = testIo(`${xid}\u001b]0;title\u0007\u001b[31m\tred\0 ${'y'.repeat(5000)}\n`)
  assert.equal(await run(['classify'], io), 0)
  assert.doesNotMatch(io.printed.out.replaceAll(/[\t\n]/g, ''), /\p{Cc}/u)
  const row = io.printed.out.split('\n')[1] ?? ''
  assert.equal(row.split('\t').length, 6, 'one row of six columns')
  assert.ok(row.length < 1200, `${row.length}`)
})

test('classify: a log that is followed is printed as it comes, and Ctrl-C ends it', async () => {
  const stop = new AbortController()
  const io = testIo('', {
    signal: stop.signal,
    stdin: (async function* () {
      yield Buffer.from(`${xid}\n`)
      setImmediate(() => {
        assert.match(io.printed.out, /NvidiaXID79Error/)
        stop.abort()
      })
      await new Promise(() => undefined) // nothing more comes
    })(),
  })
  assert.equal(await run(['classify'], io), 0)
})

test('classify: records over several lines keep the numbers of their lines', async () => {
  const io = testIo(
    `{\n  "dmesg": [\n    {\n      "pri": 3,\n      "time": 1.5,\n      "msg": "${xid}"\n    }\n  ]\n}\n[    2.000000] ${xid}\n`,
  )
  assert.equal(await run(['classify', '-o', 'jsonl'], io), 0)
  const lines = io.printed.out.trimEnd().split('\n')
  const parsed = lines.map(
    (line) => JSON.parse(line) as { readonly line: number; readonly matches: readonly unknown[] },
  )
  assert.deepEqual(
    parsed.map(({ line }) => line),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  )
  assert.deepEqual(
    parsed.filter(({ matches }) => matches.length > 0).map(({ line }) => line),
    [6, 10],
  )
})

test('classify: a record that never ends is given up, and its lines are read one by one', async () => {
  const filler = `  "${'x'.repeat(1000)}": 1,\n`
  const io = testIo(`{\n  "msg": "${xid}",\n${filler.repeat(1100)}`)
  assert.equal(await run(['classify'], io), 0)
  assert.match(
    io.printed.err,
    /^nodemend: the record that goes on at line \d+ is too long to be kept \(1048576 bytes, 16384 lines\): its lines are read one by one/,
  )
  assert.match(io.printed.out, /NvidiaXID79Error/)
})

test('classify --verbose: what was taken off, by whom and when', async () => {
  const line = `<3>1 2026-11-24T08:15:21.123456Z node1 kernel - - - ${xid}`
  const table = testIo(`${line}\n`)
  assert.equal(await run(['classify', '--verbose'], table), 0)
  assert.match(table.printed.out, /\tRFC 5424 header; kernel on node1 at 2026-11-24T08:15:21.123Z\t/)
  const jsonl = testIo(`${line}\n`)
  assert.equal(await run(['classify', '-v', '-o', 'jsonl'], jsonl), 0)
  const { matches } = JSON.parse(jsonl.printed.out) as { readonly matches: readonly { readonly peeled: unknown }[] }
  assert.deepEqual(matches[0]?.peeled, {
    layers: ['RFC 5424 header'],
    writer: 'kernel',
    host: 'node1',
    time: '2026-11-24T08:15:21.123Z',
    text: xid,
  })
})

test('classify: an unknown frame counts, is marked, and a log full of them is told', async () => {
  const io = testIo(`rack 12 says ${xid}\n`.repeat(3))
  assert.equal(await run(['classify', '-o', 'jsonl'], io), 0)
  assert.match(io.printed.out, /"frame":"unknown"/)
  assert.match(
    io.printed.err,
    /^nodemend: 3 of 3 lines have something in front of the message that is no known framing \(first: line 1\)/,
  )
})

test('classify: what turns the direction of a line is not printed', async () => {
  const io = testIo('EXT4-fs (sda\u202e1): Remounting filesystem read-only\n')
  assert.equal(await run(['classify'], io), 0)
  assert.match(io.printed.out, /FilesystemReadOnly/)
  assert.doesNotMatch(io.printed.out, /\p{Cf}/u)
})

test('classify: an address is not taken for the time of a frame', async () => {
  const io = testIo(`${xid}\nNVRM: Xid (PCI:0000:01:00): 43, Ch 00000020\nlink 52:54:00:12:34:56 up\n`)
  assert.equal(await run(['classify', '-o', 'jsonl'], io), 0)
  assert.equal(io.printed.err, '')
})

test('classify: faults that only a process tells are no silence', async () => {
  const io = testIo(`nothing\nFeb 23 16:24:18 node1 sudo[77]: ${xid}\n`)
  assert.equal(await run(['classify'], io), 0)
  assert.match(
    io.printed.err,
    /0 of 2 lines mean something\nnodemend: 1 more would mean something if the kernel said it, .*\(first: line 2, written by sudo\[77\]\)/,
  )
})

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
