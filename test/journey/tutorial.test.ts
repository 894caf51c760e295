/** Every command of docs/tutorial/first-node.md, in its order, on a real node. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { eventually } from '../cluster/wait.ts'
import { TUTORIAL_GPU } from './guide.ts'
import { canStart, NAMESPACE, type Scene, SICK, startScene, VALUES } from './scene.ts'

const root = join(import.meta.dirname, '..', '..')
const page = readFileSync(join(root, 'docs', 'tutorial', 'first-node.md'), 'utf8')

test('the tutorial’s commands work as they stand', async (t) => {
  if (!(await canStart(t))) return
  const scene = await startScene({ install: false })
  t.after(() => scene.stop())
  const run = shell(scene)
  const blocks = [...page.matchAll(/^```\n(.*?)^```/gms)].map(([, text = '']) =>
    text.replace('0000:7d:00', TUTORIAL_GPU),
  )
  assert.ok(blocks.includes(`export NODE=${SICK}\nexport GPU=${TUTORIAL_GPU}\n`))
  const exported = blocks.filter((block) => block.startsWith('export ')).join('')
  for (const block of blocks) {
    const ran = run(exported + block)
    // The part of the cloud: a machine that is given back is followed by a new one.
    if (block.includes('--for=delete')) await giveBack(scene)
    await ran
  }
  const left = await scene.kubectl('get', 'daemonsets,deployments', '-n', NAMESPACE, '-o', 'name')
  assert.equal(left, '')
})

async function giveBack({ cluster, replaceMachine }: Scene): Promise<void> {
  await eventually('the node to be given back', 90_000, async () => {
    return (await cluster.admin.send({ method: 'GET', path: `/api/v1/nodes/${SICK}` })).status === 404
  })
  await replaceMachine()
}

/** Runs a script with the programs of the page; Helm's install gets the values of the test cluster. */
function shell({ cluster }: Scene): (script: string) => Promise<unknown> {
  const values = VALUES.map((value) => `'${value}'`).join(' ')
  const programs: Readonly<Record<string, string>> = {
    helm: `[ "$1" = install ] && set -- "$@" ${values}\nexec '${cluster.tools.helm}' "$@"`,
    kubectl: `exec '${cluster.tools.kubectl}' "$@"`,
    nodemend: `exec '${process.execPath}' '${join(root, 'bin', 'nodemend.cjs')}' "$@"`,
  }
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(cluster.folder, name), `#!/bin/sh\n${text}\n`)
    chmodSync(join(cluster.folder, name), 0o755)
  }
  const home = { HELM_CACHE_HOME: cluster.folder, HELM_CONFIG_HOME: cluster.folder, HELM_DATA_HOME: cluster.folder }
  const env = {
    ...process.env,
    ...home,
    PATH: `${cluster.folder}:${process.env.PATH}`,
    KUBECONFIG: cluster.kubeconfig('admin'),
  }
  return (script) =>
    promisify(execFile)('bash', ['-e', '-o', 'pipefail', '-c', script], { cwd: root, env, timeout: 180_000 })
}
