import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type ApiServer, embeddedApiServer } from '../server/api-server.ts'
import { ask } from '../server/endpoint.ts'
import { Lab } from './run.ts'
import { hasCondition, type Subject } from './subject.ts'

test('an agent is ready with its first report; one that ends is not waited for', async (t) => {
  const { lab, apiServer } = await labFor(t)
  const instance = await lab.start(script('npd', 'setInterval(() => {}, 1000)'))
  assert.equal(await instance.until(isReady, 0), undefined)
  await report(apiServer, 'bench-npd-0')
  const seen = await instance.until(isReady, 60_000)
  assert.ok(seen && isReady(seen.conditions))
  const waiting = instance.until((conditions) => hasCondition(conditions, 'KernelReady', 'False'), 60_000)
  instance.running.signal('SIGKILL')
  await assert.rejects(waiting, /^Error: NM_BENCH_ENDED: the agent of bench-npd-0 has ended\n/)
})

test('an agent that ends at start is named, with the end of its log', async (t) => {
  const { lab } = await labFor(t)
  const broken = script('nma', 'console.error("panic: no matches"); process.exit(2)')
  await assert.rejects(
    lab.startReady(broken),
    /NM_BENCH_ENDED: the agent of bench-nma-0 has ended\n.*\npanic: no matches/,
  )
})

test('a program that is none is named as one that ended', async (t) => {
  const { lab } = await labFor(t)
  const none: Subject = { ...script('nma', ''), launch: () => ({ name: 'nma', command: '/dev/null', args: [] }) }
  await assert.rejects(lab.startReady(none), /NM_BENCH_ENDED/)
})

test('what an agent needs is served before it starts, once for all of its instances', async (t) => {
  const { lab, apiServer } = await labFor(t)
  const needs = [{ group: 'bench.example.com', version: 'v1', kind: 'Thing', plural: 'things' }]
  const subject: Subject = { ...script('nma', 'setInterval(() => {}, 1000)'), needs }
  await lab.start(subject)
  await lab.start(subject)
  const list = await ask(apiServer.endpoint, { method: 'GET', path: '/apis/bench.example.com/v1/things' })
  assert.deepEqual((JSON.parse(list) as { items: unknown[] }).items, [])
})

async function labFor(t: TestContext): Promise<{ lab: Lab; apiServer: ApiServer }> {
  const apiServer = await embeddedApiServer()
  const lab = new Lab(apiServer)
  t.after(async () => {
    await lab.close()
    await apiServer.close()
  })
  return { lab, apiServer }
}

const isReady: Subject['isReady'] = (conditions) => hasCondition(conditions, 'KernelReady', 'True')

function script(name: Subject['name'], source: string): Subject {
  return {
    name,
    kinds: [0],
    launch: ({ nodeName }) => ({ name: nodeName, command: process.execPath, args: ['--eval', source] }),
    isReady,
    fault: () => ({ line: '', shows: isReady }),
  }
}

async function report({ endpoint }: ApiServer, node: string): Promise<void> {
  const path = `/api/v1/nodes/${node}/status`
  const { status, ...rest } = JSON.parse(await ask(endpoint, { method: 'GET', path })) as { status?: object }
  const now = '2026-01-01T00:00:00Z'
  const condition = { type: 'KernelReady', status: 'True', reason: 'Fine', message: '', lastTransitionTime: now }
  await ask(endpoint, {
    method: 'PUT',
    path,
    body: JSON.stringify({ ...rest, status: { ...status, conditions: [condition] } }),
  })
}
