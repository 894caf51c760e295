import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ensureTools } from './tools.ts'

test('without Go there is no cluster, and that is said loudly', async () => {
  const said: string[] = []
  const tools = await ensureTools(['etcd'], { log: (line) => said.push(line), env: { PATH: '/nowhere' } })
  assert.equal(tools.available, false)
  assert.match(said.join('\n'), /^SKIPPED, NOT TESTED: .* there is no Go on the PATH/)
})

test('a cluster can be done without on purpose', async () => {
  const env = { ...process.env, NODEMEND_REAL_CLUSTER: 'skip' }
  const tools = await ensureTools(['etcd'], { log: () => {}, env })
  assert.match(tools.available ? '' : tools.why, /NODEMEND_REAL_CLUSTER=skip is set/)
})
