/** Every scenario of fixtures/scenarios, played by the shipped controller. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { failureText } from './play/failure-text.ts'
import { play } from './play/play.ts'
import { readScenarios } from './scenario/read.ts'

const folder = join(import.meta.dirname, '..', '..', 'fixtures', 'scenarios')
const names = readdirSync(folder).sort()
const files = names.map((name) => ({ file: name, text: readFileSync(join(folder, name), 'utf8') }))
const { scenarios, problems } = readScenarios(files)

test('the scenarios can be read, and there are as many as were promised', () => {
  assert.deepEqual(problems, [])
  assert.ok(scenarios.length >= 210, `${scenarios.length} scenarios`)
  const titles = scenarios.map((one) => one.scenario.scenario)
  assert.deepEqual(
    titles.filter((title, index) => titles.indexOf(title) !== index),
    [],
    'two scenarios have one title',
  )
})

for (const { file } of files) {
  test(`scenarios of ${file}`, async () => {
    const said: string[] = []
    for (const { scenario, locate } of scenarios) {
      if (locate([]).file !== file) continue
      const played = await play(scenario)
      for (const failure of played.failures) {
        const place = locate([failure.part, failure.index])
        said.push(failureText(scenario.scenario, place, failure, played, Date.parse(scenario.start)))
      }
    }
    assert.equal(said.join(''), '')
  })
}
