/**
 * A real Prometheus scrapes a real agent and a real controller by the documented configuration, while one fault goes from
 * its line to its proof; every expression of rules and dashboards is asked of it.
 */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { parse } from 'yaml'
import { dashboards } from '../../deploy/dashboards/dashboards.ts'
import type { MonitorSpec } from '../../src/detect/monitors/monitor.ts'
import * as monitorList from '../../src/detect/monitors/monitors.ts'
import { metricOf } from '../../src/detect/monitors/probe.ts'
import type { DecisionOutcome } from '../../src/model/decision.ts'
import { phases } from '../../src/model/repair.ts'
import { gates } from '../../src/repair/decide/gates.ts'
import { systemClock } from '../../src/telemetry/clock.ts'
import { ProcessGroup, tail } from '../cluster/process/processes.ts'
import { ensureTools } from '../cluster/tools.ts'
import { eventually } from '../cluster/wait.ts'
import { filledIn, panelsOf } from './queries.ts'
import { alerts, recorded, root } from './rule-files.ts'
import { startScene } from './scene.ts'
import { type Parsed, Prometheus } from './server.ts'

/** What one healthy repair does not show: values of labels that are known to the code. */
const outcomes = ['act', 'would-act', 'wait', 'refuse', 'no-action', 'cleared'] satisfies DecisionOutcome[]
const knownValues: Readonly<Record<string, ReadonlySet<string>>> = {
  phase: new Set(phases),
  gate: new Set(gates.map((gate) => gate.name)),
  outcome: new Set([...outcomes, ...phases]),
}

test('every expression of rules and dashboards returns a series, on a scrape by the documented configuration', async (t) => {
  const { prometheus, node, begun } = await seenByPrometheus(t)
  if (!prometheus) return
  const absent = await absentMetrics(prometheus)
  const panels = dashboards.flatMap(({ text }) =>
    panelsOf(text).flatMap(({ title, targets }) =>
      targets.map(({ expr }) => ({ name: title, expr: filledIn(expr, node, '10s') })),
    ),
  )
  const whole = [...panels, ...recorded.map(({ record, expr }) => ({ name: record, expr }))]
  const empty: string[] = []
  for (const { name, expr } of whole) {
    const selectors = await prometheus.selectors(expr)
    if (selectors.some((one) => absent.has(one.name ?? ''))) continue
    const onlyOther = selectors.length > 0 && (await allOf(selectors, (one) => isOtherValue(prometheus, begun, one)))
    if (!onlyOther && (await prometheus.since(begun, expr)).length === 0) empty.push(`${name}: ${expr}`)
  }
  // An alert that does not fire returns nothing; what it looks at has to be there.
  for (const { name, expr } of [...whole, ...alerts.map((one) => ({ name: one.alert, expr: one.expr }))]) {
    for (const selector of await prometheus.selectors(expr)) {
      if (absent.has(selector.name ?? '')) continue
      const there = (await prometheus.since(begun, textOf(selector))).length > 0
      if (!there && !(await isOtherValue(prometheus, begun, selector))) empty.push(`${name}: ${textOf(selector)}`)
    }
  }
  assert.deepEqual([...new Set(empty)], [])
  const failed = (await prometheus.rules()).filter((rule) => rule.health !== 'ok')
  assert.deepEqual(failed, [])
})

/** Starts everything, injects the fault and waits for its proof. `prometheus` is undefined where there is none. */
async function seenByPrometheus(t: TestContext) {
  const tools = await ensureTools(['prometheus'])
  if (!tools.available) {
    t.skip(tools.why)
    return { prometheus: undefined, node: '', begun: 0 }
  }
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-prometheus-'))
  const processes = new ProcessGroup(folder, () => rmSync(folder, { recursive: true, force: true }))
  const agentIp = `127.${1 + (process.pid % 250)}.${1 + (Math.trunc(process.pid / 250) % 250)}.9`
  const ended: (() => unknown)[] = []
  t.after(async () => {
    await processes.stop()
    for (const end of ended.reverse()) await end()
  })
  try {
    const scene = await startScene({ processes, folder, agentIp, ends: (end) => ended.push(end) })
    const scrapes = [
      ...documentedScrape(scene.podsKubeconfig),
      { job_name: 'controller', static_configs: [{ targets: [scene.controllerAddress] }] },
    ]
    const prometheus = await Prometheus.start(processes, { program: tools.paths.prometheus, folder, scrapes })
    const begun = systemClock.now() / 1000
    await eventually('both programs to be scraped', 20_000, async () => {
      const leads = await prometheus.now('nodemend_leader == 1')
      return leads.length > 0 && (await prometheus.now('nodemend_kmsg_wait')).length > 0
    })
    assert.deepEqual(
      (await prometheus.targets()).map(({ labels, health, lastError }) => [labels.instance, health, lastError]).sort(),
      [
        [`${agentIp}:8080`, 'up', ''],
        [scene.controllerAddress, 'up', ''],
      ].sort(),
    )
    scene.injectFault()
    const repaired = 'sum(increase(nodemend_repairs_total{outcome="Succeeded"}[1h])) > 0'
    await eventually(
      'a repair that Prometheus has seen',
      40_000,
      async () => (await prometheus.now(repaired)).length > 0,
    )
    return { prometheus, node: scene.node, begun }
  } catch (error) {
    const logs = ['agent', 'controller', 'prometheus'].map((name) => join(folder, `${name}.log`))
    const said = logs.filter((file) => existsSync(file)).map((file) => tail(file))
    throw new Error(`the programs said:\n${said.join('\n')}`, { cause: error })
  }
}

/** The scrape of docs/how-to/prometheus.md; a Prometheus outside the cluster needs the address of the API server as well. */
function documentedScrape(kubeconfig: string): readonly unknown[] {
  const page = readFileSync(join(root, 'docs', 'how-to', 'prometheus.md'), 'utf8')
  const [, block = ''] = /```yaml\n(scrape_configs:[\s\S]*?)```/.exec(page) ?? []
  const { scrape_configs } = parse(block) as { scrape_configs: { kubernetes_sd_configs: object[] }[] }
  return scrape_configs.map((one) => ({
    ...one,
    kubernetes_sd_configs: one.kubernetes_sd_configs.map((discovery) => ({
      ...discovery,
      kubeconfig_file: kubeconfig,
    })),
  }))
}

/** What probes measure and this machine does not have: a device that is not there has no value. */
async function absentMetrics(prometheus: Prometheus): Promise<ReadonlySet<string>> {
  const measured = Object.values<MonitorSpec>(monitorList).flatMap(({ name, values = {} }) =>
    Object.keys(values).map((value) => metricOf(name, value)),
  )
  const there = new Set((await prometheus.now(`{__name__=~"nodemend_.+"}`)).map(({ metric }) => metric.__name__))
  const absent = measured.filter((name) => !there.has(name))
  assert.ok(absent.length < measured.length, 'this machine has something to measure')
  return new Set(absent)
}

/** True for a selector that asks for a value that this run does not show, of a label that the metric has. */
async function isOtherValue(prometheus: Prometheus, begun: number, { name, matchers = [] }: Parsed): Promise<boolean> {
  const asked = matchers.filter((one) => one.name !== '__name__' && one.type === '=')
  if (asked.length === 0 || !asked.every((one) => knownValues[one.name]?.has(one.value))) return false
  const any = asked.map((one) => `${one.name}=~".+"`).join(',')
  return (await prometheus.since(begun, `${name}{${any}}`)).length > 0
}

function textOf({ name = '', matchers = [] }: Parsed): string {
  const rest = matchers.filter((one) => one.name !== '__name__')
  return `${name}{${rest.map((one) => `${one.name}${one.type}${JSON.stringify(one.value)}`).join(',')}}`
}

async function allOf<T>(all: readonly T[], holds: (one: T) => Promise<boolean>): Promise<boolean> {
  for (const one of all) if (!(await holds(one))) return false
  return true
}
