/** L7, L6: the agent under the role that `nodemend rbac agent` prints, and without parts of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { agentRights } from '../../src/detect/report/rights.ts'
import { permissionsOf, permissionText, type Right } from '../../src/kube/rights/right.ts'
import { limitedTo } from '../../src/kube/testing/limited-api.ts'
import { rigFor } from './rig.ts'

const fatal = 'NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus.'

test('L7: every call of the agent is in the list of rights, and it uses every right of the list', async (t) => {
  const rig = rigFor(t)
  const limited = limitedTo(rig.api, () => agentRights)
  await rig.start({ nodeHealth: true }, { api: limited.api })
  rig.log(fatal)
  await rig.pass(60_000)
  assert.equal(rig.api.condition('AcceleratedHardwareReady')?.status, 'False')
  assert.deepEqual(limited.refused, [])
  assert.deepEqual([...limited.used].sort(), permissionsOf(agentRights).map(permissionText).sort())
  assert.ok(!rig.lines.some((line) => line.includes('rights are missing')))
})

test('L7: all missing rights of the agent are told in one line, again after minutes, and counted', async (t) => {
  const rig = rigFor(t)
  let rights: readonly Right[] = []
  await rig.start({}, { api: limitedTo(rig.api, () => rights).api })
  await rig.pass(10_000)
  const told = () => rig.lines.filter((line) => line.includes('rights are missing'))
  const [line = '{}'] = told()
  const { level, msg, remedy } = JSON.parse(line) as Readonly<Record<string, string>>
  assert.deepEqual(
    [told().length, level, msg, remedy],
    [
      1,
      'error',
      '5 rights are missing: patch nodes/status, create events in default, patch events in default, create nodehealths.nodemend.dev, patch nodehealths.nodemend.dev',
      'nodemend rbac agent | kubectl apply -f -',
    ],
  )
  await rig.pass(600_000)
  assert.equal(told().length, 3)
  rights = agentRights
  await rig.pass(300_000)
  assert.equal(told().length, 3)
  assert.ok(rig.lines.some((one) => one.includes('all rights are granted')))
})
