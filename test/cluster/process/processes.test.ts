import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { eventually } from '../wait.ts'
import { ProcessGroup, waitFor } from './processes.ts'

const SETPRIV = '/usr/bin/setpriv'

test('a process group ends what it started, and then cleans up', async (t) => {
  const folder = temporaryFolder(t)
  let cleaned = 0
  const group = new ProcessGroup(folder, () => cleaned++)
  const running = group.start({ name: 'sleeper', command: 'sleep', args: ['1000'] })
  assert.equal(isAlive(running.pid), true)
  await group.stop()
  assert.equal(isAlive(running.pid), false)
  assert.equal(cleaned, 1)
})

test('a program that ends while it starts is reported with the end of its log', async (t) => {
  const group = new ProcessGroup(temporaryFolder(t))
  const running = group.start({ name: 'broken', command: 'sh', args: ['-c', 'echo the reason; exit 1'] })
  await assert.rejects(
    waitFor(running, async () => false, 5_000),
    /NM_CLUSTER_START: broken ended while starting.*the reason/s,
  )
  await group.stop()
})

for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
  const skip = signal === 'SIGKILL' && !existsSync(SETPRIV) && 'needs setpriv of util-linux'
  test(`nothing outlives a run that ends by ${signal}`, { skip }, async (t) => {
    const folder = temporaryFolder(t)
    const script = `
      import { ProcessGroup } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'processes.ts')))}
      const group = new ProcessGroup(${JSON.stringify(folder)})
      console.log(group.start({ name: 'sleeper', command: 'sleep', args: ['1000'] }).pid)`
    const holder = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(holder, 'exit')
    const [line] = (await once(holder.stdout, 'data')) as [Buffer]
    const pid = Number(line.toString())
    await eventually('the sleeper to sleep', 5_000, async () => isAlive(pid))
    holder.kill(signal)
    assert.deepEqual(await ended, [null, signal])
    await eventually('the sleeper to end', 5_000, async () => !isAlive(pid))
  })
}

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-processes-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A zombie counts as ended: a container may have no init that collects it. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  const stat = `/proc/${pid}/stat`
  return !existsSync(stat) || !/\) Z /.test(readFileSync(stat, 'utf8'))
}
