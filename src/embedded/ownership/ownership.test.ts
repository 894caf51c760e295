import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ApiObject, Json, JsonObject } from '../json.ts'
import { builtinType } from '../schema/types.ts'
import {
  difference,
  type FieldSet,
  fromFieldsV1,
  intersection,
  isEmpty,
  pathTexts,
  toFieldsV1,
  union,
} from './field-set.ts'
import { trackApply, trackUpdate, type Write } from './track.ts'
import { fieldSetOf } from './walk.ts'

const shape = builtinType('ConfigMap')
const write = (manager: string): Write => ({
  shape,
  owner: { manager, operation: 'Apply', apiVersion: 'v1', subresource: '' },
  blank: {},
  reset: [],
  now: '2026-01-01T00:00:00Z',
})
const map = (data: JsonObject): ApiObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data })
const empty: ApiObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } }

const keys = fc.constantFrom('a', 'b', 'c', 'd')
const data = fc.dictionary(keys, fc.constantFrom('1', '2', '3'), { minKeys: 1, noNullPrototype: true })
const dataOf = (object: ApiObject): Json => object.data ?? {}

test('what is null in the object stays null when it is applied again', () => {
  const event = { apiVersion: 'v1', kind: 'Event', metadata: { name: 'e' }, message: 'x' }
  const apply = { ...write('a'), shape: builtinType('Event') }
  const once = trackApply({ ...event, eventTime: null }, event, apply, false).object
  assert.equal(trackApply(once, { ...event, message: 'y' }, apply, false).object.eventTime, null)
})

test('FieldsV1 is read back as it was written', () => {
  const path = fc.array(fc.constantFrom('f:a', 'f:b', 'k:{"type":"x"}', 'v:"y"'), { minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(fc.array(path), (paths) => {
      const set = paths.map((one) => asSet(one)).reduce(union, fromFieldsV1({}))
      assert.deepEqual(pathTexts(fromFieldsV1(toFieldsV1(set))), pathTexts(set))
    }),
  )
})

function asSet(path: readonly string[]): FieldSet {
  const [first = '', ...rest] = path
  if (rest.length === 0) return { members: new Set([first]), children: new Map() }
  return { members: new Set(), children: new Map([[first, asSet(rest)]]) }
}

test('set algebra: what is left after taking away and what was taken make the whole', () => {
  fc.assert(
    fc.property(data, data, (left, right) => {
      const a = fieldSetOf(shape, map(left))
      const b = fieldSetOf(shape, map(right))
      assert.deepEqual(pathTexts(union(difference(a, b), intersection(a, b))).sort(), pathTexts(a).sort())
      assert.ok(isEmpty(difference(intersection(a, b), b)))
    }),
  )
})

test('applying the same configuration twice changes nothing', () => {
  fc.assert(
    fc.property(data, (config) => {
      const once = trackApply(empty, map(config), write('one'), false)
      assert.ok(once.changed)
      assert.equal(trackApply(once.object, map(config), write('one'), false).changed, false)
    }),
  )
})

test('one applier alone: the object is always exactly its last configuration', () => {
  fc.assert(
    fc.property(fc.array(data, { minLength: 1, maxLength: 5 }), (configs) => {
      const last = configs.reduce((live, config) => trackApply(live, map(config), write('one'), false).object, empty)
      assert.deepEqual(dataOf(last), configs.at(-1))
    }),
  )
})

test('forced appliers: every value is that of the last who applied the key and did not let it go', () => {
  const step = fc.record({ who: fc.constantFrom('x', 'y', 'z'), config: data })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
      let live = empty
      const held = new Map<string, JsonObject>()
      for (const { who, config } of steps) {
        live = trackApply(live, map(config), write(who), true).object
        for (const [other, claims] of held) held.set(other, agreeing(claims, config))
        held.set(who, config)
      }
      const expected = Object.assign({}, ...held.values())
      assert.deepEqual(dataOf(live), expected)
    }),
  )
})

/** Force takes a key away from everyone who wants another value for it. */
function agreeing(claims: JsonObject, config: JsonObject): JsonObject {
  const kept = Object.entries(claims).filter(([key, value]) => config[key] === undefined || config[key] === value)
  return Object.fromEntries(kept)
}

test('an update takes the changed keys from their appliers', () => {
  const applied = trackApply(empty, map({ a: '1', b: '2' }), write('one'), false).object
  const edit: Write = { ...write('two'), owner: { ...write('two').owner, operation: 'Update' } }
  const updated = trackUpdate(
    { ...applied, metadata: { ...applied.metadata, uid: 'u' } },
    map({ a: '9', b: '2' }),
    edit,
  )
  const owners = (updated.metadata.managedFields ?? []).map((entry) => [entry.manager, JSON.stringify(entry.fieldsV1)])
  assert.deepEqual(owners, [
    ['one', '{"f:data":{"f:b":{}}}'],
    ['two', '{"f:data":{"f:a":{}}}'],
  ])
})

test('more than ten updaters are folded into one', () => {
  let live: ApiObject = { ...empty, metadata: { name: 'c', uid: 'u' } }
  for (let index = 0; index < 15; index++) {
    const edit: Write = {
      ...write(`editor-${String(index).padStart(2, '0')}`),
      owner: {
        manager: `editor-${String(index).padStart(2, '0')}`,
        operation: 'Update',
        apiVersion: 'v1',
        subresource: '',
      },
      now: `2026-01-01T00:00:${String(index).padStart(2, '0')}Z`,
    }
    const before = index === 0 ? undefined : live
    const next = { ...live, data: { ...(live.data as JsonObject | undefined), [`k${index}`]: 'v' } }
    live = trackUpdate(before, next, edit)
    live = { ...live, metadata: { ...live.metadata, uid: 'u' } }
  }
  const managers = (live.metadata.managedFields ?? []).map((entry) => entry.manager)
  assert.equal(managers.length, 10)
  assert.ok(managers.includes('ancient-changes'))
})
