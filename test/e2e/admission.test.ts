/** What a real kube-apiserver makes of the admission policy that warns: its expressions compile, and it refuses nothing. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { test } from 'node:test'
import { admissionWarnings } from '../../src/repair/policy/admission.ts'
import { hazards } from '../../src/repair/policy/hazards.ts'
import type { ControlPlane } from '../cluster/control-plane.ts'
import { clusterFor } from '../cluster/suite.ts'
import { eventually } from '../cluster/wait.ts'
import { installCrds } from './policy.ts'

const good = { match: [{ condition: 'KernelReady' }], action: 'Replace', toleration: '10m' }
const reckless = {
  ...good,
  toleration: '0s',
  budgets: [{ nodes: '100%' }, { nodes: '1', reasons: ['Drifted'] }],
  drain: { timeout: '59s' },
  breaker: { share: '51%', rate: '100%', window: '0m' },
  restraint: { dwell: '0s' },
}

test('L9: kubectl apply of a policy that turns safeguards off is warned, field by field, and not refused', async (t) => {
  const cluster = await clusterFor(t, {})
  if (!cluster) return
  await installCrds(cluster)
  for (const object of admissionWarnings()) {
    const plural =
      object.kind === 'ValidatingAdmissionPolicy' ? 'validatingadmissionpolicies' : 'validatingadmissionpolicybindings'
    await cluster.admin.apply(`/apis/admissionregistration.k8s.io/v1/${plural}/${object.metadata.name}`, object)
  }
  await eventually('the admission policy to be in force', 30_000, async () => {
    const { warnings } = await tryPolicy(cluster, reckless)
    return warnings.length > 0
  })
  const { status, warnings } = await tryPolicy(cluster, reckless)
  assert.equal(status, 201)
  assert.equal(warnings.length, hazards.length, warnings.join('\n'))
  for (const { path, why } of hazards) {
    assert.ok(
      warnings.some((one) => one.includes(`spec.${path.join('.')}: ${why}`)),
      `${path}: ${warnings.join('\n')}`,
    )
  }
  assert.deepEqual(await tryPolicy(cluster, good), { status: 201, warnings: [] })
  const idle = { ...reckless, action: 'NoAction' }
  assert.deepEqual(await tryPolicy(cluster, idle), { status: 201, warnings: [] })
  assert.equal((await tryPolicy(cluster, { ...good, toleration: '99999999999d' })).status, 422)
})

/** Creates a policy without keeping it: the answer's status, and its `Warning` headers. */
function tryPolicy(cluster: ControlPlane, spec: unknown): Promise<{ status: number; warnings: readonly string[] }> {
  const body = { apiVersion: 'nodemend.dev/v1alpha1', kind: 'RepairPolicy', metadata: { name: 'tried' }, spec }
  return new Promise((resolve, reject) => {
    const call = request(
      `${cluster.url}/apis/nodemend.dev/v1alpha1/repairpolicies?dryRun=All`,
      {
        method: 'POST',
        ca: readFileSync(cluster.caFile),
        headers: { authorization: `Bearer ${cluster.tokens.admin}`, 'content-type': 'application/json' },
      },
      (answer) => {
        const said = answer.headersDistinct.warning ?? []
        answer.resume().on('end', () => resolve({ status: answer.statusCode ?? 0, warnings: said }))
      },
    )
    call.on('error', reject).end(JSON.stringify(body))
  })
}
