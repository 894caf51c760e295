/** `/metrics` of both programs: names and types are golden files, promtool and the OpenMetrics parser accept the text. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { compileShipped } from '../src/catalog/shipped.ts'
import { runAgent } from '../src/cli/agent/run.ts'
import { runController } from '../src/cli/controller/run.ts'
import { startEmbedded } from '../src/embedded/server.ts'
import { connectTo } from '../src/kube/connect.ts'
import { crds } from '../src/repair/crds.ts'
import { seededRandom, systemClock } from '../src/telemetry/clock.ts'
import { ensureTools } from './cluster/tools.ts'
import { checkGolden } from './golden.ts'

/** promtool’s exit status for text that cannot be parsed; 3 is the linter’s. */
const unreadable = 1

const parts = { clock: systemClock, random: seededRandom(1), write: () => {} }

test('the agent’s metrics', async (t) => {
  const root = hostWith(t, '3,1,1000000,-;NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus.\n')
  const { signal, stop } = stoppable()
  let port = 0
  const running = runAgent(
    {
      node: 'worker-1',
      hostRoot: root,
      metricsAddress: '127.0.0.1:0',
      stateFile: '/state.json',
      config: '/config.yaml',
      kmsg: '/kmsg',
      acceptUserFacility: true,
      acceptOldLines: false,
      nodeHealth: false,
      npdConditions: false,
      level: 'error',
    },
    {
      ...parts,
      signal,
      catalogue: compileShipped(join(import.meta.dirname, '..', 'catalog')),
      api: undefined,
      onReady: (ready) => {
        port = ready
      },
    },
  )
  try {
    const text = await pageWith(() => port, /nodemend_findings_total\{.*NvidiaXID79Error/)
    checkGolden('metrics/agent.txt', described(text))
    await checkReadable(t, text, await page(port, 'application/openmetrics-text; version=1.0.0'))
  } finally {
    stop()
    await running
  }
})

test('the controller’s metrics', async (t) => {
  const embedded = await startEmbedded({ clock: systemClock, random: parts.random, crds: crds() })
  const api = connectTo({ server: embedded.url, token: () => embedded.token }, parts)
  const { signal, stop } = stoppable()
  let port = 0
  const running = runController(
    {
      namespace: 'default',
      leaseName: 'nodemend-controller',
      identity: 'test',
      metricsAddress: '127.0.0.1:0',
      intervalMs: 50,
      providers: ['karpenter'],
      settleMs: 0,
      leaseMs: 15_000,
      level: 'error',
    },
    {
      ...parts,
      api,
      signal,
      onReady: (ready) => {
        port = ready
      },
    },
  )
  try {
    const text = await pageWith(() => port, /nodemend_leader 1/)
    checkGolden('metrics/controller.txt', described(text))
    await checkReadable(t, text, await page(port, 'application/openmetrics-text; version=1.0.0'))
  } finally {
    stop()
    await running
    api.close()
    await embedded.stop()
  }
})

/** A machine whose kernel log is a file with `records`. */
function hostWith(t: TestContext, records: string): string {
  const root = mkdtempSync(join(tmpdir(), 'nodemend-metrics-'))
  t.after(() => rmSync(root, { recursive: true }))
  mkdirSync(join(root, 'proc', 'sys', 'kernel', 'random'), { recursive: true })
  writeFileSync(join(root, 'proc', 'sys', 'kernel', 'random', 'boot_id'), '5f8c1d52-0000-4000-8000-000000000001\n')
  writeFileSync(join(root, 'proc', 'uptime'), '100.00 100.00\n')
  writeFileSync(join(root, 'kmsg'), records)
  return root
}

function stoppable() {
  const controller = new AbortController()
  return { signal: controller.signal, stop: () => controller.abort() }
}

/** Names, types and help; values change from run to run. */
function described(text: string): string {
  return text
    .split('\n')
    .filter((line) => line.startsWith('#'))
    .join('\n')
    .concat('\n')
}

async function checkReadable(t: TestContext, text: string, openMetrics: string): Promise<void> {
  assert.ok(openMetrics.endsWith('# EOF\n'))
  const tools = await ensureTools(['promtool'], {})
  if (!tools.available) {
    t.diagnostic(`promtool has not seen it: ${tools.why}`)
    return
  }
  const promtool = (input: string) => spawnSync(tools.paths.promtool, ['check', 'metrics'], { input, encoding: 'utf8' })
  const linted = promtool(text)
  assert.deepEqual({ status: linted.status, said: linted.stdout + linted.stderr }, { status: 0, said: '' })
  // The linter knows only the plain format; that an OpenMetrics parser reads the other one is what counts here.
  const parsed = promtool(openMetrics)
  assert.notEqual(parsed.status, unreadable, parsed.stderr)
}

async function pageWith(port: () => number, expected: RegExp): Promise<string> {
  for (let tries = 0; tries < 200; tries++) {
    const text = port() === 0 ? '' : await page(port(), '*/*')
    if (expected.test(text)) return text
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  assert.fail(`/metrics never showed ${expected}`)
}

function page(port: number, accept: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: '/metrics', headers: { accept } }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve(text))
    }).once('error', reject)
  })
}
