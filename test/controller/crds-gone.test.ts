/** Somebody deletes our CRDs under a running controller: it must say so, and go on when they are back. */
import assert from 'node:assert/strict'
import { get } from 'node:http'
import { type TestContext, test } from 'node:test'
import { runController } from '../../src/cli/controller/run.ts'
import { startEmbedded } from '../../src/embedded/server.ts'
import { type Api, leases, type Resource } from '../../src/kube/api.ts'
import { connectTo } from '../../src/kube/connect.ts'
import { createObject, deleteObject, listObjects } from '../../src/kube/objects.ts'
import { crds } from '../../src/repair/crds.ts'
import { SteppedClock, seededRandom } from '../../src/telemetry/clock.ts'

const definitions: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
}
const kinds = ['repairpolicies.nodemend.dev', 'noderepairs.nodemend.dev']
/** The longest back-off of a watch, and some. */
const backSoonMs = 40_000

test('deleted CRDs are an error with a remedy, the controller is not ready, and both end when they are back', async (t) => {
  const { api, pass, logged, readyz } = await given(t)
  await pass(5_000)
  assert.deepEqual(await readyz(), { status: 200, text: 'ok\n' })

  for (const name of kinds) await deleteObject(api, definitions, { name })
  await pass(5_000)
  assert.deepEqual(await readyz(), {
    status: 503,
    text: 'the cluster does not know repairpolicies.nodemend.dev: install the CRDs: nodemend crds | kubectl apply -f -\n',
  })
  await pass(120_000)
  const complaints = logged().filter(({ level }) => level === 'error')
  assert.deepEqual(complaints.map(({ kind }) => kind).sort(), [...kinds].sort(), 'each once')
  for (const { msg, remedy } of complaints) {
    assert.equal(msg, 'the cluster does not serve our CRD: no node is repaired')
    assert.match(String(remedy), /nodemend crds \| kubectl apply -f -; policies .* applied again/)
  }

  for (const crd of crds().filter(({ metadata }) => kinds.includes(metadata.name ?? '')))
    await createObject(api, definitions, crd as never)
  await pass(backSoonMs)
  assert.deepEqual(await readyz(), { status: 200, text: 'ok\n' })
  const again = logged().filter(({ msg }) => msg === 'the cluster serves our CRD again')
  assert.deepEqual(again.map(({ kind }) => kind).sort(), [...kinds].sort())
})

async function given(t: TestContext) {
  const clock = new SteppedClock()
  const random = seededRandom(3)
  const embedded = await startEmbedded({ clock, random, crds: crds() })
  const open = (): Api => connectTo({ server: embedded.url, token: () => embedded.token }, { clock, random })
  const [api, own] = [open(), open()]
  const lines: string[] = []
  const stop = new AbortController()
  let port = 0
  let running: Promise<void> | undefined
  const ready = new Promise<void>((resolve, reject) => {
    running = runController(
      {
        namespace: 'default',
        leaseName: 'nodemend-controller',
        identity: 'test',
        metricsAddress: '127.0.0.1:0',
        intervalMs: 5_000,
        providers: ['embedded'],
        settleMs: 0,
        leaseMs: 15_000,
        level: 'info',
      },
      {
        clock,
        random,
        api: own,
        signal: stop.signal,
        write: (line) => void lines.push(line),
        onReady: (served) => {
          port = served
          resolve()
        },
      },
    )
    running.catch(reject)
  })
  /** Lets time pass, and what is on its way arrive: an answer to us comes after what was sent to it before. */
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 1_000) {
      await clock.advance(1_000)
      await listObjects(api, leases, { namespace: 'default' })
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
    }
  }
  await ready
  t.after(async () => {
    stop.abort()
    const ended = running?.then(() => true)
    while (!(await Promise.race([ended, pass(1_000).then(() => false)])));
    for (const one of [api, own]) one.close()
    await embedded.stop()
  })
  return {
    api,
    pass,
    logged: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    readyz: () => page(port, '/readyz'),
  }
}

function page(port: number, path: string): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    }).once('error', reject)
  })
}
