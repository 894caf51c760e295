import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { startEmbedded } from '../../src/embedded/server.ts'
import { seededRandom, systemClock } from '../../src/telemetry/clock.ts'
import { clusterFor } from '../cluster/suite.ts'
import type { Case, Step } from './case.ts'
import { caseFiles } from './cases/all.ts'
import { caseDifferences, readGolden, recordedFrom } from './golden.ts'
import { runCase } from './run.ts'
import type { ServerUnderTest } from './send.ts'

/** A lower bound, so that the contract does not shrink unnoticed. */
const leastCalls = 150
/** The server's width is frozen: docs/adr/0009-embedded-api-server.md. */
const mostCases = 65

const callsOf = (step: Step): number => 1 + (step.during ?? []).reduce((sum, one) => sum + callsOf(one), 0)
const allCases: readonly Case[] = Object.values(caseFiles).flat()

test(`the contract makes at least ${leastCalls} calls, under distinct names`, () => {
  const calls = allCases.flatMap((one) => one.steps).reduce((sum, step) => sum + callsOf(step), 0)
  assert.ok(calls >= leastCalls, `${calls} calls`)
  assert.equal(new Set(allCases.map((one) => one.name)).size, allCases.length)
})

test(`the contract has at most ${mostCases} cases`, () => {
  const remedy =
    'name the program of ours that makes the new call (docs/adr/0009-embedded-api-server.md), then raise the number'
  assert.ok(allCases.length <= mostCases, `${allCases.length} cases: ${remedy}`)
})

async function compare(server: ServerUnderTest, file: string, cases: readonly Case[]): Promise<readonly string[]> {
  const golden = readGolden(file)
  const wrong: string[] = []
  for (const one of cases) {
    const lines = caseDifferences(golden[one.name] ?? [], await runCase(server, one))
    wrong.push(...lines.map((line) => `${one.name}: ${line}`))
  }
  return wrong
}

test(`the embedded server answers as kube-apiserver ${recordedFrom} did`, async (t) => {
  const server = await startEmbedded({ clock: systemClock, random: seededRandom(1) })
  t.after(() => server.stop())
  for (const [file, cases] of Object.entries(caseFiles)) {
    await t.test(file, async () => {
      assert.deepEqual(await compare({ url: server.url, token: server.token }, file, cases), [])
    })
  }
})

test('a real kube-apiserver still answers as recorded', async (t) => {
  const cluster = await clusterFor(t)
  if (!cluster) return
  const server = { url: cluster.url, token: cluster.tokens.admin ?? '', ca: readFileSync(cluster.caFile, 'utf8') }
  for (const [file, cases] of Object.entries(caseFiles)) {
    await t.test(file, async () => {
      assert.deepEqual(await compare(server, file, cases), [])
    })
  }
})
