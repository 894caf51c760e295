/** The dashboards as files are what deploy/dashboards builds, and Grafana can tell them apart. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { dashboards } from '../../deploy/dashboards/dashboards.ts'
import { panelsOf } from './queries.ts'
import { root } from './rule-files.ts'

test('the dashboards of the chart are fresh', () => {
  for (const { file, text } of dashboards) {
    const there = existsSync(join(root, file)) && readFileSync(join(root, file), 'utf8') === text
    assert.ok(there, `${file}: run npm run dashboards`)
  }
  const names = readdirSync(join(root, 'deploy', 'chart', 'files', 'dashboards'))
  assert.deepEqual(names.sort(), dashboards.map(({ file }) => basename(file)).sort())
})

test('every panel says what it shows, asks the chosen data source, and fits the page', () => {
  const uids = dashboards.map(({ text }) => (JSON.parse(text) as { uid: string }).uid)
  assert.equal(new Set(uids).size, uids.length)
  for (const panel of dashboards.flatMap(({ text }) => panelsOf(text))) {
    assert.ok(panel.title && panel.description, JSON.stringify(panel.title))
    assert.deepEqual(panel.datasource, { type: 'prometheus', uid: `\${datasource}` }, panel.title)
    assert.ok(panel.gridPos.x + panel.gridPos.w <= 24, panel.title)
    const names = panel.targets.map(({ refId }) => refId)
    assert.ok(names.length > 0 && new Set(names).size === names.length && names.every(Boolean), panel.title)
  }
})
