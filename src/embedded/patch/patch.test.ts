import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Json } from '../json.ts'
import { builtinType } from '../schema/types.ts'
import { applyJsonPatch } from './json-patch.ts'
import { applyMergePatch, applyStrategicPatch } from './merge-patch.ts'

test('the examples of RFC 7386', () => {
  const cases: readonly (readonly [Json, Json, Json])[] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ]
  for (const [target, patch, expected] of cases) assert.deepEqual(applyMergePatch(target, patch), expected)
})

test('the examples of RFC 6902', () => {
  const cases: readonly (readonly [Json, Json, Json])[] = [
    [{ foo: 'bar' }, [{ op: 'add', path: '/baz', value: 'qux' }], { baz: 'qux', foo: 'bar' }],
    [{ foo: ['bar', 'baz'] }, [{ op: 'add', path: '/foo/1', value: 'qux' }], { foo: ['bar', 'qux', 'baz'] }],
    [{ baz: 'qux', foo: 'bar' }, [{ op: 'remove', path: '/baz' }], { foo: 'bar' }],
    [
      { foo: ['all', 'grass', 'cows', 'eat'] },
      [{ op: 'move', from: '/foo/1', path: '/foo/3' }],
      { foo: ['all', 'cows', 'eat', 'grass'] },
    ],
    [{ foo: { bar: 'baz' } }, [{ op: 'copy', from: '/foo/bar', path: '/foo/q' }], { foo: { bar: 'baz', q: 'baz' } }],
    [{ '/': 9, '~1': 10 }, [{ op: 'test', path: '/~01', value: 10 }], { '/': 9, '~1': 10 }],
    [{ foo: ['bar'] }, [{ op: 'add', path: '/foo/-', value: ['abc', 'def'] }], { foo: ['bar', ['abc', 'def']] }],
  ]
  for (const [document, patch, expected] of cases) assert.deepEqual(applyJsonPatch(document, patch), expected)
})

test('a refused JSON patch leaves the document as it was', () => {
  const document = { a: [1, 2, { b: 3 }] }
  const text = JSON.stringify(document)
  const patch = [
    { op: 'remove', path: '/a/0' },
    { op: 'test', path: '/a/0', value: 9 },
  ]
  assert.throws(() => applyJsonPatch(document, patch), { code: 422 })
  assert.equal(JSON.stringify(document), text)
})

test('merging a patch a second time changes nothing', () => {
  const value = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>
  const objects = fc.dictionary(fc.constantFrom('a', 'b', 'c'), value)
  fc.assert(
    fc.property(objects, objects, (target, patch) => {
      const once = applyMergePatch(target, patch)
      assert.deepEqual(applyMergePatch(once, patch), once)
    }),
  )
})

test('a strategic patch never loses a condition that it does not name', () => {
  const names = fc.uniqueArray(fc.constantFrom('A', 'B', 'C', 'D', 'E'))
  fc.assert(
    fc.property(names, names, (before, patched) => {
      const list = (types: readonly string[], status: string): Json => types.map((type) => ({ type, status }))
      const live = { status: { conditions: list(before, 'old') } }
      const patch = { status: { conditions: list(patched, 'new') } }
      const merged = applyStrategicPatch(builtinType('Node'), live, patch) as typeof live
      const got = new Map(
        (merged.status.conditions as unknown as { type: string; status: string }[]).map((one) => [
          one.type,
          one.status,
        ]),
      )
      const expected = new Map([
        ...before.map((type) => [type, 'old'] as const),
        ...patched.map((type) => [type, 'new'] as const),
      ])
      assert.deepEqual([...got].sort(), [...expected].sort())
    }),
  )
})
