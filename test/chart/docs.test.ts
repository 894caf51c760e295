/** Every command of the pages install, upgrade and uninstall, in their order, on a real API server. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { clusterFor } from '../cluster/suite.ts'
import { ensureTools } from '../cluster/tools.ts'

const repository = join(import.meta.dirname, '..', '..')

/**
 * The programs of the pages. There is no kubelet here, so what needs a pod asks for its objects instead: a test for its hook,
 * logs for the DaemonSet of the same labels, a hook of the uninstall is lifecycle.test.ts.
 */
const programs = (helm: string, kubectl: string): Readonly<Record<string, string>> => ({
  helm: `
    case "$1" in
      test) [ -n "$(${helm} get hooks "$2" "$3" "$4")" ] ;;
      uninstall) ${helm} "$@" --no-hooks ;;
      *) ${helm} "$@" ;;
    esac`,
  kubectl: `
    if [ "$1" = logs ]; then shift 2; [ -n "$(${kubectl} get daemonsets -o name "$@")" ]; else ${kubectl} "$@"; fi`,
  nodemend: `exec '${process.execPath}' '${join(repository, 'bin', 'nodemend.cjs')}' "$@"`,
})

/** A definition that is deleted before its storage stands is cleaned up minutes later: the API server tries again ever more rarely. */
const served = `
  for definition in $(kubectl get crds -o name | grep nodemend.dev || true); do
    until kubectl get "\${definition#*/}" --all-namespaces >/dev/null 2>&1; do :; done
  done`

/** Before a block of install.md that installs. */
const away = `${served}
  for at in kube-system nodemend; do
    [ -z "$(helm list --short --namespace $at)" ] || helm uninstall nodemend --namespace $at >/dev/null
  done
  kubectl delete -f deploy/manifests/definitions.yaml --ignore-not-found >/dev/null`

/** Before a block of the other pages. */
const installed = `
  helm status nodemend --namespace kube-system >/dev/null 2>&1 ||
    helm install nodemend deploy/chart --namespace kube-system --take-ownership
  ${served}`

test('the commands of install.md, upgrade.md and uninstall.md work as they stand', async (t) => {
  const cluster = await clusterFor(t, {}, ['helm', 'kubectl'])
  if (!cluster) return
  const tools = await ensureTools(['helm', 'kubectl'])
  if (!tools.available) return
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-docs-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries(programs(tools.paths.helm, tools.paths.kubectl))) {
    writeFileSync(join(folder, name), `#!/bin/sh -e\n${text}\n`)
    chmodSync(join(folder, name), 0o755)
  }
  const home = { HOME: folder, HELM_CACHE_HOME: folder, HELM_CONFIG_HOME: folder, HELM_DATA_HOME: folder }
  const env = { ...home, PATH: `${folder}:${process.env.PATH}`, KUBECONFIG: cluster.kubeconfig('admin') }
  const sh = (script: string) =>
    promisify(execFile)('bash', ['-e', '-o', 'pipefail', '-c', script], { cwd: repository, env, timeout: 60_000 })
  await cluster.admin.send({
    method: 'POST',
    path: '/api/v1/namespaces',
    body: { metadata: { name: 'kube-node-lease' } },
  })
  const taints = [{ key: 'nodemend.dev/repairing', value: 'a-1', effect: 'NoSchedule' }]
  const node = { metadata: { name: 'a' }, spec: { taints } }
  await cluster.admin.send({ method: 'POST', path: '/api/v1/nodes', body: node })

  for (const page of ['install', 'upgrade', 'uninstall']) {
    for (const block of blocksOf(page)) {
      if (page !== 'install') await sh(installed)
      else if (block.includes('helm install') || block.includes('deploy/manifests')) await sh(away)
      if (block.includes('helm rollback')) await sh('helm upgrade nodemend deploy/chart --namespace kube-system')
      const [, error] = /^# Error: … (.*)$/m.exec(block) ?? []
      if (error === undefined) await sh(block)
      else await assert.rejects(sh(block), ({ stderr }: { stderr?: string }) => stderr?.includes(error) === true)
    }
  }
})

/** Fenced blocks, and the whole commands within a line. */
function blocksOf(page: string): readonly string[] {
  const text = readFileSync(join(repository, 'docs', 'how-to', `${page}.md`), 'utf8')
  const blocks = [...text.matchAll(/^```\n([\s\S]*?)^```/gm)].map(([, block = '']) => block)
  const prose = text.replaceAll(/^```\n[\s\S]*?^```/gm, '')
  const inline = [...prose.matchAll(/`((?:nodemend|kubectl) [a-z-]+ [^`]+)`/g)].map(([, command = '']) => command)
  assert.ok(blocks.length > 0, page)
  return [...blocks, ...inline]
}
