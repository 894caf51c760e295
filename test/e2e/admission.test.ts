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
  assert.deepEqual(await tryPolicy(cluster, good), { status: 201, warnings: [], text: '' })
  const idle = { ...reckless, action: 'NoAction' }
  assert.deepEqual(await tryPolicy(cluster, idle), { status: 201, warnings: [], text: '' })
  assert.equal((await tryPolicy(cluster, { ...good, toleration: '99999999999d' })).status, 422)
})

/** What CEL refuses, by the path that the answer names and words of its message. */
const refused: readonly (readonly [object, string, RegExp])[] = [
  [{ action: 'Replace', ladder: [{ action: 'Reboot' }] }, 'spec', /either ladder or action/],
  [{ action: undefined }, 'spec', /either ladder or action/],
  [{ action: undefined, ladder: [{ action: 'Replace' }, { action: 'Reboot' }] }, 'spec', /more disruptive/],
  [{ action: undefined, ladder: [{ action: 'Reboot' }, { action: 'Reboot' }] }, 'spec', /more disruptive/],
  [{ action: undefined, ladder: [{ action: 'NoAction' }, { action: 'Reboot' }] }, 'spec', /NoAction stands alone/],
  [{ match: [{ condition: 'KernelReady', status: 'True' }] }, 'spec.match[0]', /what a healthy node says/],
  [{ match: [{ condition: 'DiskPressure' }] }, 'spec.match[0]', /what a healthy node says/],
  [{ budgets: [{ nodes: '1', schedule: '@daily' }] }, 'spec.budgets[0]', /write both, or neither/],
  [{ budgets: [{ nodes: '1' }, { nodes: '1', duration: '1h' }] }, 'spec.budgets[1]', /write both, or neither/],
  [{ budgets: [{ nodes: '1', timeZone: 'Asia/Seoul' }] }, 'spec.budgets[0]', /write a schedule, too/],
  [{ budgets: [{ nodes: '1', scope: 'Label' }] }, 'spec.budgets[0]', /label belongs to scope Label/],
  [{ budgets: [{ nodes: '1', scope: 'Zone', label: 'rack' }] }, 'spec.budgets[0]', /label belongs to scope Label/],
  [{ budgets: [{ nodes: '1', schedule: '* * * *', duration: '1h' }] }, 'spec.budgets[0].schedule', /should match/],
  [{ budgets: [{ nodes: '101%' }] }, 'spec.budgets[0].nodes', /should match/],
  [{ windows: [{ schedule: '@daily', duration: '90s' }] }, 'spec.windows[0].duration', /should match/],
  [{ windows: [{ schedule: '@daily' }] }, 'spec.windows[0].duration', /Required/],
]

test('a policy with a mistake that schema and CEL can say is refused by the API server, with its path', async (t) => {
  const cluster = await clusterFor(t, {})
  if (!cluster) return
  await installCrds(cluster)
  const window = { schedule: '0 22 * * mon-fri', duration: '4h', timeZone: 'Europe/Berlin' }
  const rack = { nodes: '1', scope: 'Label', label: 'example.com/rack' }
  const whole = { ...good, budgets: [{ nodes: '10%' }, { nodes: '0', ...window }, rack], windows: [window] }
  assert.equal((await tryPolicy(cluster, whole)).status, 201)
  const ladder = [{ action: 'Reboot' }, { action: 'Replace' }]
  assert.equal((await tryPolicy(cluster, { ...good, action: undefined, ladder })).status, 201)
  for (const [part, path, words] of refused) {
    const { status, text } = await tryPolicy(cluster, { ...good, ...part })
    assert.equal(status, 422, JSON.stringify(part))
    assert.ok(text.includes(`${path}: `), text)
    assert.match(text, words)
  }
})

interface Tried {
  readonly status: number
  readonly warnings: readonly string[]
  /** The server's message. */
  readonly text: string
}

/** Creates a policy without keeping it: the answer's status, and its `Warning` headers. */
function tryPolicy(cluster: ControlPlane, spec: unknown): Promise<Tried> {
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
        let body = ''
        answer.setEncoding('utf8').on('data', (part: string) => {
          body += part
        })
        answer.on('end', () => {
          const { message = '' } = JSON.parse(body)
          resolve({ status: answer.statusCode ?? 0, warnings: said, text: message })
        })
      },
    )
    call.on('error', reject).end(JSON.stringify(body))
  })
}
