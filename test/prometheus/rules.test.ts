/** Rules and alerts as files: promtool accepts them, every alert fires and keeps quiet as its case says, and has a page. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { stringify } from 'yaml'
import { parseDuration } from '../../src/catalog/duration.ts'
import { ensureTools } from '../cluster/tools.ts'
import { type AlertCase, alertCases } from './alert-cases.ts'
import { type Alert, alerts, recorded, root, ruleFiles } from './rule-files.ts'

const severities = ['critical', 'warning', 'info']
const minuteMs = 60_000
/** The recording rules of one group are known to another group an evaluation later. */
const settleMs = 3 * minuteMs

test('every alert says how grave it is, what is the case, and where its page is', () => {
  for (const { alert, labels, annotations } of alerts) {
    assert.ok(severities.includes(labels.severity ?? ''), `${alert}: severity ${labels.severity}`)
    assert.ok(annotations.summary && annotations.description, `${alert} has no summary or no description`)
    assert.equal(annotations.runbook_url, `https://nodemend.dev/runbooks/${alert}`)
  }
  const names = alerts.map((one) => one.alert)
  assert.equal(new Set(names).size, names.length, 'an alert is defined twice')
})

test('every alert has a runbook page that says what to look at first, and no page is left over', () => {
  const pages = readdirSync(join(root, 'docs', 'runbooks')).filter((name) => name.endsWith('.md'))
  assert.deepEqual(pages.sort(), [...alerts.map((one) => `${one.alert}.md`), 'README.md'].sort())
  const index = readFileSync(join(root, 'docs', 'runbooks', 'README.md'), 'utf8')
  for (const { alert, labels } of alerts) {
    assert.ok(index.includes(`| [${alert}](${alert}.md) | ${labels.severity} |`), `docs/runbooks/README.md: ${alert}`)
    const page = readFileSync(join(root, 'docs', 'runbooks', `${alert}.md`), 'utf8')
    assert.match(page, new RegExp(`^# ${alert}\n`))
    assert.match(page, /^## Look first\n[\s\S]*^```\n/m, `${alert}: the page has no command to look with`)
    assert.match(page, /^## Then\n/m, `${alert}: the page does not say what to do`)
  }
})

test('rules name only metrics that the programs export, or that a rule records', () => {
  const exported = ['agent', 'controller'].flatMap((program) =>
    [
      ...readFileSync(join(root, 'golden', 'metrics', `${program}.txt`), 'utf8').matchAll(/^# TYPE (\S+) (\S+)/gm),
    ].flatMap(([, name = '', type]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  )
  const known = new Set([...exported, ...recorded.map((one) => one.record)])
  const wrong = [...alerts, ...recorded].flatMap(({ expr }) =>
    [...expr.matchAll(/[a-z_:0-9]*nodemend_[a-z_:0-9]+/g)].map(([name]) => name).filter((name) => !known.has(name)),
  )
  assert.deepEqual(wrong, [])
})

test('promtool accepts the rules, without a remark of its linter', async (t) => {
  const promtool = await promtoolFor(t)
  if (!promtool) return
  const { status, stdout, stderr } = promtool(['check', 'rules', '--lint=all', '--lint-fatal', ...ruleFiles])
  assert.equal(status, 0, stdout + stderr)
})

test('every alert fires when its case says so, not before its time, and not on what is close to it', async (t) => {
  assert.deepEqual(Object.keys(alertCases).sort(), alerts.map((one) => one.alert).sort())
  const promtool = await promtoolFor(t)
  if (!promtool) return
  const tests = alerts.flatMap((alert) => {
    const given = alertCases[alert.alert]
    return given ? testsOf(alert, given) : []
  })
  const file = join(folderFor(t), 'alerts.yaml')
  writeFileSync(file, stringify({ rule_files: ruleFiles, evaluation_interval: '1m', fuzzy_compare: true, tests }))
  const { status, stdout, stderr } = promtool(['test', 'rules', file])
  assert.equal(status, 0, stdout + stderr)
})

test('a scrape that adds the label node hides no name of a node', async (t) => {
  const promtool = await promtoolFor(t)
  if (!promtool) return
  // Prometheus keeps the label of the scrape and renames ours to exported_node.
  const scraped = { instance: 'a', job: 'nodemend', node: 'of-the-pod' }
  const series = (name: string, labels: Readonly<Record<string, string>>) => {
    const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
    return { series: `${name}{${pairs.join(',')}}`, values: '1x10' }
  }
  const file = join(folderFor(t), 'labels.yaml')
  const input_series = [
    series('nodemend_drain_blockers', { ...scraped, exported_node: 'drained' }),
    series('nodemend_node_info', { ...scraped, exported_node: 'of-the-pod' }),
    series('nodemend_condition_status', { ...scraped, type: 'KernelReady', status: 'False' }),
  ]
  const promql_expr_test = [
    {
      expr: 'node:nodemend_drain_blockers:max',
      eval_time: '5m',
      exp_samples: [{ labels: 'node:nodemend_drain_blockers:max{node="drained"}', value: 1 }],
    },
    {
      expr: 'count by (node) (node_type_status:nodemend_condition_status:max)',
      eval_time: '5m',
      exp_samples: [{ labels: '{node="of-the-pod"}', value: 1 }],
    },
  ]
  writeFileSync(
    file,
    stringify({
      rule_files: ruleFiles,
      evaluation_interval: '1m',
      tests: [{ interval: '1m', input_series, promql_expr_test }],
    }),
  )
  const { status, stdout, stderr } = promtool(['test', 'rules', file])
  assert.equal(status, 0, stdout + stderr)
})

/** Unit tests of promtool for one alert. */
function testsOf({ alert, for: hold = '0s' }: Alert, { fires, count = 1, quiet }: AlertCase): unknown[] {
  const holdMs = parseDuration(hold) ?? 0
  const firing = `count(ALERTS{alertname="${alert}",alertstate="firing"})`
  const at = (ms: number): string => `${Math.round(ms / minuteMs)}m`
  const expect = (ms: number, value: number) => ({
    expr: firing,
    eval_time: at(ms),
    exp_samples: value === 0 ? [] : [{ labels: '{}', value }],
  })
  const due = expect(holdMs + 2 * settleMs + minuteMs, count)
  return [
    {
      name: `${alert} fires`,
      interval: '1m',
      input_series: seriesOf(fires),
      promql_expr_test: holdMs === 0 ? [due] : [expect(holdMs - minuteMs, 0), due],
    },
    {
      name: `${alert} keeps quiet`,
      interval: '1m',
      input_series: seriesOf(quiet),
      promql_expr_test: [expect(holdMs + 2 * settleMs + minuteMs, 0)],
    },
  ]
}

function seriesOf(series: AlertCase['fires']): { readonly series: string; readonly values: string }[] {
  return Object.entries(series).map(([name, values]) => ({ series: name, values }))
}

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-rules-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

async function promtoolFor(t: TestContext) {
  const tools = await ensureTools(['promtool-rules'])
  if (!tools.available) {
    t.skip(tools.why)
    return undefined
  }
  return (args: readonly string[]) => spawnSync(tools.paths['promtool-rules'], args, { encoding: 'utf8' })
}
