import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { textForm } from './text-form.ts'

describe('the text form of a JSON line', () => {
  it('is what klog would have written', () => {
    const klog = {
      ts: 1764000000123.456,
      caller: 'pod_workers.go:1301',
      msg: 'Error syncing pod, skipping',
      pod: { name: 'cart-7d9', namespace: 'shop' },
      podUID: '7ce7',
      err: 'failed to "KillContainer" for "cart"',
    }
    assert.equal(
      textForm(JSON.stringify(klog)),
      '"Error syncing pod, skipping" err="failed to \\"KillContainer\\" for \\"cart\\"" pod="shop/cart-7d9" podUID="7ce7"',
    )
    assert.equal(textForm('{"msg":"x","node":{"name":"n1"},"n":3,"ok":true,"v":2}'), '"x" node="n1" n=3 ok=true')
  })

  it('keeps the level of logrus and zap as their text form has it', () => {
    const logrus = '{"error":"rpc error","level":"fatal","msg":"failed to load \\"x\\"","time":"2026-11-24T08:15:20Z"}'
    assert.equal(textForm(logrus), '"failed to load \\"x\\"" error="rpc error" level=fatal')
  })

  it('is the line itself where it is no JSON, is cut, or has no message', () => {
    for (const line of ['E1124 x] "a"', '', '{', '{"msg":"cut', '{"a":1}', '{"msg":1}', '[1]', 'null', '{}'])
      assert.equal(textForm(line), line)
  })

  it('takes any line', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (line) => typeof textForm(line) === 'string'))
    fc.assert(
      fc.property(fc.object(), fc.string(), (fields, msg) => {
        const line = JSON.stringify({ ...fields, msg })
        assert.ok(textForm(line).startsWith(JSON.stringify(msg)))
      }),
    )
  })
})
