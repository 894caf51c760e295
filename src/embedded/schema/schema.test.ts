import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ApiFailure } from '../failure.ts'
import { at } from '../json.ts'
import { decode } from './decode.ts'
import { readProtobuf } from './protobuf.ts'
import { canonicalQuantity, quantityValue } from './quantity.ts'
import { builtinType } from './types.ts'

test('quantities become canonical', () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['1000m', '1'],
    ['0.5', '500m'],
    ['1500m', '1500m'],
    ['8388608Ki', '8Gi'],
    ['1024', '1024'],
    ['1.5Gi', '1536Mi'],
    ['0.1Ki', '102400m'],
    ['1e3', '1e3'],
    ['12000', '12k'],
    ['-5', '-5'],
    ['0Gi', '0'],
    ['110', '110'],
    ['lots', undefined],
    ['', undefined],
    ['1.2.3', undefined],
    ['5Zi', undefined],
  ]
  for (const [text, expected] of cases) assert.equal(canonicalQuantity(text), expected, text)
})

test('a canonical quantity keeps its value and is its own canonical form', () => {
  const suffix = fc.constantFrom('', 'm', 'k', 'M', 'Ki', 'Mi', 'Gi')
  fc.assert(
    fc.property(fc.integer({ min: -99_999, max: 99_999 }), suffix, (number, unit) => {
      const canonical = canonicalQuantity(`${number}${unit}`)
      assert.ok(canonical !== undefined)
      assert.equal(quantityValue(canonical), quantityValue(`${number}${unit}`))
      assert.equal(canonicalQuantity(canonical), canonical)
    }),
  )
})

test('decoding drops the unknown, leaves out the empty, fills in what is always written', () => {
  const body = { spec: { unschedulable: false, taints: [], podCIDR: '', odd: 1 }, extra: true }
  const { value, unknown } = decode(builtinType('Node'), body, 'Node', 'v1')
  assert.deepEqual(value.spec, {})
  assert.deepEqual([...unknown], ['spec.odd', 'extra'])
  assert.equal(at(value, 'status', 'daemonEndpoints', 'kubeletEndpoint', 'Port'), 0)
  const lease = decode(builtinType('Lease'), { spec: { holderIdentity: '' } }, 'Lease', 'v1')
  assert.equal(at(lease.value, 'spec', 'holderIdentity'), '', 'a pointer keeps its zero')
})

test('decoding a decoded object changes nothing', () => {
  const names = ['Pod', 'Node', 'Event', 'Lease', 'Deployment', 'PodDisruptionBudget', 'CustomResourceDefinition']
  for (const name of names) {
    const once = decode(builtinType(name), {}, name, 'v1').value
    assert.deepEqual(decode(builtinType(name), once, name, 'v1').value, once, name)
  }
})

/** Writes the few wire forms the test needs. */
const message = (...parts: readonly (readonly [number, Buffer | string])[]): Buffer =>
  Buffer.concat(
    parts.map(([number, value]) => {
      const bytes = Buffer.from(value)
      return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes])
    }),
  )

test('a protobuf body becomes its JSON form', () => {
  const labels = message([1, 'team'], [2, 'infra'])
  const namespace = message([1, message([1, 'brief'], [11, labels])])
  const body = Buffer.concat([Buffer.from('k8s\0'), message([1, message([1, 'v1'], [2, 'Namespace'])], [2, namespace])])
  assert.deepEqual(readProtobuf(body), {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'brief', labels: { team: 'infra' } },
  })
})

test('bytes that are no protobuf are refused, never a crash', () => {
  const kind = fc.constantFrom('Pod', 'Node', 'CustomResourceDefinition', 'Nothing')
  fc.assert(
    fc.property(kind, fc.uint8Array({ maxLength: 100 }), (name, noise) => {
      const outer = message([1, message([1, 'v1'], [2, name])], [2, Buffer.from(noise)])
      try {
        readProtobuf(Buffer.concat([Buffer.from('k8s\0'), outer]))
      } catch (error) {
        assert.ok(error instanceof ApiFailure && error.code === 400, String(error))
      }
    }),
  )
})
