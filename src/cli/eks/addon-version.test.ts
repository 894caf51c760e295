import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compareVersions, recommend } from './addon-version.ts'

const addonName = 'agent'
const on = (clusterVersion: string, defaultVersion = false) => ({ clusterVersion, defaultVersion })
const info = (addonVersion: string, ...compatibilities: readonly ReturnType<typeof on>[]) => ({
  addonName,
  addonVersions: [{ addonVersion, compatibilities: [...compatibilities] }],
})

test('versions are ordered number by number, the build last', () => {
  const sorted = ['v1.9.1-eksbuild.3', 'v1.10.0-eksbuild.1', 'v1.10.0-eksbuild.10', 'v2.0.0-eksbuild.1']
  assert.deepEqual([...sorted].reverse().sort(compareVersions), sorted)
})

test('the order is one: of any two versions one is the newer, and equal ones are equal', () => {
  const version = fc.array(fc.nat(30), { minLength: 1, maxLength: 4 }).map((numbers) => `v${numbers.join('.')}`)
  fc.assert(
    fc.property(version, version, (a, b) => {
      assert.equal(Math.sign(compareVersions(a, b)) + Math.sign(compareVersions(b, a)), 0)
      assert.equal(compareVersions(a, a), 0)
    }),
  )
})

test('recommended is what EKS marks for this Kubernetes version, and not for another one', () => {
  const infos = [
    info('v1.2.0', on('1.33', true), on('1.34')),
    info('v1.1.0', on('1.34', true)),
    info('v1.3.0', on('1.35')),
  ]
  const found = recommend(addonName, '1.34', infos)
  assert.deepEqual(found, { addon: addonName, kubernetes: '1.34', recommended: 'v1.1.0', newest: 'v1.2.0' })
})

test('without a mark the newest that fits; without one that fits, nothing', () => {
  const infos = [info('v1.9.0', on('1.34')), info('v1.10.0', on('1.34'))]
  assert.equal(recommend(addonName, '1.34', infos)?.recommended, 'v1.10.0')
  assert.equal(recommend(addonName, '1.36', infos), undefined)
  assert.equal(recommend('other', '1.34', infos), undefined)
  assert.equal(recommend(addonName, '1.34', [{ addonName }, {}]), undefined)
})
